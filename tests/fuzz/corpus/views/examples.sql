-- views.sql
CREATE SOURCE orders KEY (order_id);

-- each order under its customer; a change of customer moves the row
CREATE VIEW customer_orders KEY (pk, sk) AS
  SELECT 'CUST#' || customer_id AS pk, 'ORDER#' || order_id AS sk, order_id, status, total
  FROM orders;

-- open orders of a region, a sparse index: paid and closed ones leave it
CREATE VIEW open_orders KEY (region, placed) AS
  SELECT region, created_at || '#' || order_id AS placed, order_id, total - COALESCE(discount, 0) AS due
  FROM orders WHERE status IN ('NEW', 'PAID') AND NOT attribute_exists(closed_at);

-- one row for each line of an order
CREATE VIEW order_lines KEY (order_id, line) AS
  SELECT o.order_id, l.sku || '#' || i AS line, l.sku, l.quantity FROM orders AS o, o.lines AS l AT i;

-- revenue of a customer; a cancelled or deleted order is taken back
CREATE VIEW revenue KEY (customer_id) AS
  SELECT customer_id, COUNT(*) AS orders, SUM(total) AS spent
  FROM orders WHERE status <> 'CANCELLED' GROUP BY customer_id;

-- a copy without personal data
CREATE VIEW analytics AS SELECT * EXCLUDE (email, address.street), SHA256(email) AS person FROM orders;
