CREATE SOURCE s KEY (id);
CREATE VIEW v AS SELECT â€˜aâ€™, Â b, `c`, 1a, ÿ, 'Ã', ? FROM s;
/* no end