#include "handler/redact.h"

#include <gtest/gtest.h>

namespace streamonce::handler {
namespace {

TEST(Redact, LeavesADatabasesOwnWords) {
  for (const char* message :
       {"Item size has exceeded the maximum allowed size",
        "One or more parameter values were invalid: An AttributeValue may not contain an empty "
        "string",
        "Number overflow. Attempting to store a number with magnitude larger than supported range",
        "Attempting to store more than 38 significant digits in a Number",
        "Nesting Levels have exceeded supported limits",
        "Aggregated size of all range keys has exceeded the size limit of 1024 bytes",
        "Transaction request cannot include multiple operations on one item",
        "The provided key element does not match the schema",
        "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes",
        "malformed JSON", "string or blob too big", "integer overflow",
        "this binary has no trigonometric functions"})
    EXPECT_EQ(redact(message), message);
}

TEST(Redact, TakesOutWhatADatabaseQuotes) {
  EXPECT_EQ(redact("The parameter cannot be converted to a numeric value: 12x"),
            "The parameter cannot be converted to a numeric value: ***");
  EXPECT_EQ(redact("Input collection [red wine, red wine] contains duplicates"),
            "Input collection *** contains duplicates");
  EXPECT_EQ(redact("JSON path error near 'caf\u00e9 \"MARK\"'"), "JSON path error ***");
  EXPECT_EQ(redact("badvalue"), "***");
  EXPECT_EQ(redact("value-of-x"), "***");
  EXPECT_EQ(redact("\xc3\xa9t\xc3\xa9 is no key"), "*** is no key");
  EXPECT_EQ(redact("size 12345 exceeds 400KB"), "size *** exceeds 400KB");
}

TEST(Redact, LooksAtTheBeginningOfALongMessageOnly) {
  std::string message;
  while (message.size() < 1'000'000) message += "the key ";
  const std::string_view beginning = std::string_view(message).substr(0, kRedactedBytesMax - 1);
  EXPECT_EQ(redact(message), beginning);
  EXPECT_EQ(redact_keeping_names(message, {}), beginning);
  EXPECT_EQ(redact(std::string(1'000'000, 'x')), "");
  // The word that the bound cuts through would be a known one.
  EXPECT_EQ(redact(std::string(kRedactedBytesMax - 4, '.') + " keyMARKER"),
            std::string(kRedactedBytesMax - 4, '.'));
}

TEST(Redact, KeepsTheNamesOfResourcesAndActionsWhereTheyAreWanted) {
  const std::string message =
      "User: arn:aws:sts::123456789012:assumed-role/copy/session is not authorized to perform: "
      "dynamodb:PutItem on resource: arn:aws:dynamodb:eu-west-1:123456789012:table/orders because "
      "no identity-based policy allows the dynamodb:PutItem action";
  EXPECT_EQ(redact_keeping_names(message, {}), message);
  EXPECT_EQ(redact("perform: dynamodb:PutItem on arn:aws:dynamodb:eu-west-1:1:table/orders"),
            "perform: *** on ***");
  EXPECT_EQ(redact_keeping_names("orders arn:other dynamodb:Put-x s3:Get", {}), "***");
}

TEST(Redact, KeepsNoNameThatHoldsAPartOfASecret) {
  const std::string_view secrets[] = {"AKIDEXAMPLE12345", "wJalrXUtnFEMI/K7MDENG", ""};
  for (const char* name :
       {"arn:aws:sts::1:assumed-role/AKIDEXAMPLE12345/x", "arn:aws:iam::1:user/EXAMPLE1",
        "dynamodb:wJalrXUtnF", "arn:aws:x:UtnFEMI/K7MD"})
    EXPECT_EQ(redact_keeping_names(name, secrets), "***") << name;
  EXPECT_EQ(redact_keeping_names("arn:aws:iam::1:user/EXAMPLE", secrets),
            "arn:aws:iam::1:user/EXAMPLE");
}

TEST(Redact, TakesAnyText) {
  EXPECT_EQ(redact(""), "");
  EXPECT_EQ(redact(" "), "");
  EXPECT_EQ(redact("..."), "...");
}

}  // namespace
}  // namespace streamonce::handler
