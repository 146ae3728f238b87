CREATE SOURCE orders KEY (order_id);

-- The orders as they are.
CREATE VIEW orders_copy AS SELECT * FROM orders;

-- What each customer has spent.
CREATE VIEW revenue KEY (customer) AS
  SELECT customer, COUNT(*) AS orders, SUM(total) AS spent FROM orders GROUP BY customer;
