CREATE SOURCE "the source" KEY ("select");
CREATE VIEW "v""w" AS SELECT "the source"."a b", "distinct", "0" AS "current_date", * EXCLUDE ("x.y".z) FROM "the source" WHERE "NEW" = "PAID";
