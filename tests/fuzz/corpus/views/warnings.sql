CREATE SOURCE s KEY (id);
CREATE VIEW v AS SELECT a || TRUE AS b, 'a' + 1 AS c, UPPER(5) AS d FROM s WHERE a BETWEEN 5 AND 1 AND b = NULL OR c = MISSING OR 'x' AND 1 = 'a' AND a < [1] AND attribute_type(a, 'X') AND a IN (NULL, MISSING) AND begins_with(a, 1);
