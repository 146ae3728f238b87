CREATE SOURCE orders KEY (order_id);

-- What is still to be shipped: an order leaves the table when it is.
CREATE VIEW open_orders AS
  SELECT customer, total, total * 0.19 AS tax FROM orders WHERE status IN ('new', 'paid');

-- The orders under the key of a table that holds many kinds of items.
CREATE VIEW entities KEY (pk) AS
  SELECT 'ORDER#' || order_id AS pk, * EXCLUDE (lines), size(lines) AS line_count FROM orders;

-- A copy for analysts, without names.
CREATE VIEW analytics AS SELECT * EXCLUDE (customer), SHA256(customer) AS person FROM orders;

-- Each line of an order: lines that the order has no more go.
CREATE VIEW order_lines KEY (order_id, line) AS
  SELECT o.order_id, i AS line, l.sku, l.quantity FROM orders AS o, o.lines AS l AT i;

-- What each customer has spent: an order that is removed is taken back.
CREATE VIEW revenue KEY (customer) AS
  SELECT customer, COUNT(*) AS orders, SUM(total) AS spent FROM orders GROUP BY customer;
