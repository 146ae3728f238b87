#include "handler/targets/dynamodb/write_units.h"

#include <cmath>
#include <optional>
#include <string_view>

namespace streamonce::handler::dynamodb {
namespace {

namespace ondemand = simdjson::ondemand;
using json::each_member;
using json::pass_over;

/// The most units that one table can have taken of a transaction: far more than 4 MB are.
constexpr double kUnitsMax = 1e6;

/// Reads the units that `value` tells. Whatever else it is, it is JSON and tells none: no figure is
/// worth a transaction that was applied.
bool read_units(ondemand::value value, std::optional<double>& units) {
  ondemand::json_type type{};
  double number = 0;
  if (value.type().get(type) != simdjson::SUCCESS) return false;
  if (type != ondemand::json_type::number || value.get_double().get(number) != simdjson::SUCCESS)
    return pass_over(value);
  if (number >= 0 && number <= kUnitsMax) units = number;
  return true;
}

}  // namespace

bool add_write_units(simdjson::ondemand::value table, std::int64_t& tenths) {
  ondemand::json_type type{};
  if (table.type().get(type) != simdjson::SUCCESS) return false;
  if (type != ondemand::json_type::object) return pass_over(table);
  std::optional<double> sum;
  std::optional<double> reads;
  std::optional<double> writes;
  const bool good = each_member(table, [&](std::string_view name, ondemand::value content) {
    if (name == "CapacityUnits") return read_units(content, sum);
    if (name == "ReadCapacityUnits") return read_units(content, reads);
    if (name == "WriteCapacityUnits") return read_units(content, writes);
    return pass_over(content);
  });
  if (!writes && !reads) writes = sum;
  tenths += std::llround(10 * writes.value_or(0));
  return good;
}

bool add_write_units_of_all(simdjson::ondemand::value value, std::int64_t& tenths) {
  ondemand::json_type type{};
  if (value.type().get(type) != simdjson::SUCCESS) return false;
  if (type != ondemand::json_type::array) return pass_over(value);
  return json::walk_elements(value, [&](ondemand::value table) {
           return add_write_units(table, tenths) ? simdjson::SUCCESS : simdjson::INCORRECT_TYPE;
         }) == simdjson::SUCCESS;
}

}  // namespace streamonce::handler::dynamodb
