CREATE SOURCE s KEY (id);
CREATE VIEW v KEY (a) WITH (expiry = 'keep', deletes = 'keep', events = 'INSERT, MODIFY', owner = 'o''s') AS SELECT a FROM s;
CREATE VIEW w KEY (day) WITH (spread = '8') AS SELECT SUBSTRING(at_, 1, 10) AS day, COUNT(*) AS n, COUNT(a) AS m, SUM(b) AS t FROM s GROUP BY SUBSTRING(at_, 1, 10);
