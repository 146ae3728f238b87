CREATE SOURCE s KEY (id);
CREATE VIEW v AS SELECT id, -(3) - -a * b + (c - (d + 1)) || 'x' || (e || f) AS x FROM s WHERE NOT (a OR b) AND c = d OR NOT e <> 1 AND f BETWEEN 1 AND 2 AND g NOT BETWEEN h AND i AND j IN (1, 'b') AND k NOT IN [l] AND m IS NULL AND n IS NOT MISSING AND (a < b) = (c >= d);
