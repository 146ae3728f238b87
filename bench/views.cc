#include "bench/views.h"

#include <map>

namespace streamonce::bench {
namespace {

constexpr const char* kSource = "CREATE SOURCE orders KEY (pk);\n";
constexpr std::int64_t kLargeCents = 5'000'000;

std::string statement(View view) {
  switch (view) {
    case View::kAll:
      return "CREATE VIEW all_orders AS SELECT * FROM orders;\n";
    case View::kDue:
      return "CREATE VIEW due_orders AS\n"
             "  SELECT pk, status, customer, total - COALESCE(discount, 0) AS due\n"
             "  FROM orders WHERE status IN ('placed', 'paid') AND total > 0;\n";
    case View::kCards:
      return "CREATE VIEW order_cards KEY (pk, sk) AS\n"
             "  SELECT 'ORDER#' || pk AS pk, 'CARD' AS sk, ship_to.city,\n"
             "         CASE WHEN total >= 50000 THEN 'large' ELSE 'small' END AS size\n"
             "  FROM orders;\n";
    case View::kCustomers:
      return "CREATE VIEW customer_orders KEY (pk, sk) AS\n"
             "  SELECT 'CUST#' || customer AS pk, 'ORDER#' || pk AS sk, pk AS order_id,\n"
             "         status, total\n"
             "  FROM orders;\n";
    case View::kTotals:
      return "CREATE VIEW order_totals KEY (id) AS\n"
             "  SELECT 'all' AS id, COUNT(*) AS orders, SUM(total) AS spent\n"
             "  FROM orders WHERE status <> 'cancelled' GROUP BY 'all';\n";
    case View::kRegions:
      return "CREATE VIEW region_totals KEY (id) AS\n"
             "  SELECT SUBSTRING(customer, 13, 2) AS id, COUNT(*) AS orders, SUM(total) AS spent\n"
             "  FROM orders WHERE status <> 'cancelled' GROUP BY SUBSTRING(customer, 13, 2);\n";
  }
  return {};
}

std::string text(const std::string& value) {
  return R"({"S":")" + value + R"("})";
}

ExpectedRow due_row(const Order& order) {
  const std::string key = R"({"pk":)" + text(order.key);
  if (order.status == "cancelled") return {.kind = "Delete", .json = key + "}"};
  const std::int64_t due = order.total_cents - order.discount_cents.value_or(0);
  return {.kind = "Put",
          .json = key + R"(,"status":)" + text(order.status) + R"(,"customer":)" +
                  text(order.customer) + R"(,"due":{"N":")" + decimal_text(due) + R"("}})"};
}

ExpectedRow card_row(const Order& order) {
  return {.kind = "Put",
          .json = R"({"pk":)" + text("ORDER#" + order.key) + R"(,"sk":)" + text("CARD") +
                  R"(,"city":)" + text(order.city) + R"(,"size":)" +
                  text(order.total_cents >= kLargeCents ? "large" : "small") + "}"};
}

std::string customer_row(const std::string& key, const Order& order) {
  return R"({"pk":)" + text("CUST#" + order.customer) + R"(,"sk":)" + text("ORDER#" + key) +
         R"(,"order_id":)" + text(key) + R"(,"status":)" + text(order.status) +
         R"(,"total":{"N":")" + decimal_text(order.total_cents) + R"("}})";
}

/// What a group comes to.
struct Total {
  std::int64_t orders = 0;
  std::int64_t cents = 0;
};

std::string total_row(const std::string& id, const Total& total) {
  return R"({"id":)" + text(id) + R"(,"orders":{"N":")" + std::to_string(total.orders) +
         R"("},"spent":{"N":")" + decimal_text(total.cents) + R"("}})";
}

}  // namespace

const char* name_of(View view) {
  switch (view) {
    case View::kAll:
      return "all_orders";
    case View::kDue:
      return "due_orders";
    case View::kCards:
      return "order_cards";
    case View::kCustomers:
      return "customer_orders";
    case View::kTotals:
      return "order_totals";
    case View::kRegions:
      return "region_totals";
  }
  return "";
}

KeyNames key_of(View view) {
  switch (view) {
    case View::kAll:
    case View::kDue:
      return {.partition = "pk", .sort = ""};
    case View::kCards:
    case View::kCustomers:
      return {.partition = "pk", .sort = "sk"};
    case View::kTotals:
    case View::kRegions:
      return {.partition = "id", .sort = ""};
  }
  return {};
}

std::string views_sql(std::span<const View> views) {
  std::string sql = kSource;
  for (const View view : views) sql += statement(view);
  return sql;
}

std::string long_views_sql() {
  constexpr int kViews = 33;  // of three lines each
  std::string sql = kSource;
  for (int i = 0; i < kViews; ++i) {
    const std::string number = std::to_string(i);
    sql += "CREATE VIEW view_" + number + " AS  -- what is due, without the large ones\n" +
           "  SELECT pk, status, customer, total - COALESCE(discount, " + number + ") AS due,\n" +
           "  UPPER(ship_to.city) AS city FROM orders WHERE total < 1" + number +
           " AND NOT attribute_exists(closed_at);\n";
  }
  return sql;
}

ExpectedRow expected_row(View view, const Load& load, std::uint64_t number) {
  switch (view) {
    case View::kAll:
      return {.kind = "Put", .json = load.image(number)};
    case View::kDue:
      return due_row(order_of(number));
    case View::kCards:
      return card_row(order_of(number));
    case View::kCustomers:
    case View::kTotals:
    case View::kRegions:
      break;
  }
  return {};
}

std::vector<std::string> expected_rows(View view, std::uint64_t items, std::uint64_t first,
                                       std::size_t count) {
  std::vector<std::string> rows;
  std::map<std::string, Total> totals;
  for (std::size_t i = 0; i < count; ++i) {
    const Order order = order_of(first + i);
    if (view == View::kCustomers) {
      rows.push_back(customer_row(item_key(items + i), order));
    } else if (order.status != "cancelled") {
      Total& total = totals[view == View::kTotals ? "all" : order.customer.substr(12, 2)];
      ++total.orders;
      total.cents += order.total_cents;
    }
  }
  for (const auto& [id, total] : totals) rows.push_back(total_row(id, total));
  return rows;
}

}  // namespace streamonce::bench
