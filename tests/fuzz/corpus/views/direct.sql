CREATE SOURCE s KEY (a, b);
CREATE VIEW v KEY (k, a) AS SELECT 'x' || b AS k, * EXCLUDE (c.b[0], d, e[1].b, f), a AS m, b AS n FROM s WHERE g <> h;
CREATE VIEW w KEY (k) WITH (owner = 'o') AS SELECT SUBSTRING(a, 2, 1) AS k, c + d AS e, i || j AS f FROM s;
CREATE VIEW x AS SELECT *, UPPER(c) AS c, MISSING AS d FROM s;
CREATE VIEW y KEY (k) AS SELECT CASE WHEN begins_with(a, 'k') THEN SPLIT_PART(a, '#', 2) ELSE NULL END AS k, a, b FROM s;
