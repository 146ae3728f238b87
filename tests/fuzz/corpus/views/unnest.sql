CREATE SOURCE s KEY (p, q);
CREATE VIEW v KEY (pk, sk) AS SELECT x.p AS pk, i || '#' || e.sku AS sk, e, x.p, x.q FROM s AS x, x.a.b[0] AS e AT i;
CREATE VIEW w KEY (tag) AS SELECT tag, COUNT(*) AS n FROM s, tags AS tag GROUP BY tag;
