CREATE SOURCE s KEY (id);
CREATE VIEW v AS SELECT 'it''s' AS a, -3 AS b, 12.50e-3 AS c, TRUE AS d, NULL AS e, MISSING AS f, {'a': [1, {'b': <<'x', 'y'>>}]} AS g, <<1, -2>> AS h, .5 AS i FROM s;
