#include "runtime/base/redact.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>

namespace streamonce {
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

TEST(Redact, LeavesSqlitesOwnWords) {
  for (const char* message :
       {"SQL logic error", "access permission denied", "database is locked",
        "database table is locked", "out of memory", "attempt to write a readonly database",
        "interrupted", "disk I/O error", "database disk image is malformed",
        "database or disk is full", "unable to open database file", "locking protocol",
        "database schema has changed", "constraint failed", "datatype mismatch",
        "bad parameter or other API misuse", "authorization denied", "file is not a database",
        "abort due to ROLLBACK"})
    EXPECT_EQ(redact(message), message);
}

TEST(Redact, LeavesTheWordsOfTheStreamApi) {
  for (const char* message :
       {"The ShardIterator has expired", "Invalid SequenceNumber", "Invalid ShardIterator",
        "SequenceNumber is required when ShardIteratorType is AT_SEQUENCE_NUMBER",
        "The StartingSequenceNumber is beyond the trim horizon of the shard",
        "Attempt to access trimmed data in StreamArn", "Iterator expired"})
    EXPECT_EQ(redact(message), message);
  EXPECT_EQ(redact("1 validation error detected: Value '12x' at 'sequenceNumber' failed to satisfy "
                   "constraint: Member must satisfy regular expression pattern: [0-9]+"),
            "1 validation error detected: Value *** at 'sequenceNumber' failed to satisfy "
            "constraint: Member must satisfy regular expression pattern: ***");
}

TEST(Redact, LeavesWhatAMessageOfAKnownFormSaysBesideWhatItQuotes) {
  const std::string invalid = "One or more parameter values were invalid: ";
  EXPECT_EQ(redact(invalid + "Type mismatch for key pk expected: S actual: NULL"),
            invalid + "Type mismatch for key *** expected: S actual: NULL");
  EXPECT_EQ(redact(invalid + "Missing the key id in the item."),
            invalid + "Missing the key *** in the item.");
  EXPECT_EQ(redact("1 validation error detected: Value 'x' at 'transactItems.1.member' failed to "
                   "satisfy constraint: Member must not be null"),
            "1 validation error detected: Value *** at *** failed to satisfy constraint: ***");
}

TEST(Redact, TakesOutWhatADatabaseQuotes) {
  EXPECT_EQ(redact("The parameter cannot be converted to a numeric value: 12x"),
            "The parameter cannot be converted to a numeric value: ***");
  EXPECT_EQ(redact("Input collection [red wine, red wine] contains duplicates"),
            "Input collection *** contains duplicates");
  EXPECT_EQ(redact("JSON path error near 'caf\u00e9 \"MARK\"'"), "JSON path error near ***");
  EXPECT_EQ(redact("badvalue"), "***");
  EXPECT_EQ(redact("value-of-x"), "***");
  EXPECT_EQ(redact("Credential=AKIDEXAMPLE, value=key"), "***");
  EXPECT_EQ(redact("the key \xc3\xa9t\xc3\xa9 is no key"), "the key ***");
  EXPECT_EQ(redact("size 12345 exceeds 400KB"), "size *** exceeds 400KB");
  EXPECT_EQ(redact("the value(s) of the key(s) must be a set"),
            "the value(s) of the key(s) must be a set");
}

/// Each value is made of words that databases use, and of marks that they quote with.
TEST(Redact, TellsTheSameWhateverAMessageQuotes) {
  const std::string_view values[] = {"contains duplicates",
                                     "the password is invalid",
                                     "a] b",
                                     "not a key",
                                     "7",
                                     "key' is not valid",
                                     "(",
                                     "expected: S",
                                     "] contains duplicates [",
                                     "Item size has exceeded",
                                     "",
                                     ": ",
                                     "12.",
                                     ".",
                                     "the\nkey",
                                     "caf\u00e9",
                                     "***"};
  const std::pair<std::string, std::string> quotations[] = {
      {"Input collection [", "] contains duplicates"},
      {"One or more parameter values were invalid: Input collection [", "] contains duplicates."},
      {"One or more parameter values were invalid: Type mismatch for key ",
       " expected: S actual: N"},
      {"The parameter cannot be converted to a numeric value: ", ""},
      {"A new form of words: ", ""},
      {"A new form of words '", "' that ends with the key"},
      {"A new form of words \"", "\" of the item"},
      {"A new form of words `", "`"},
      {"A new form of words (", ") is invalid"},
      {"A new form of words {", "} is invalid"},
      {"A new form of words <", "> is invalid"},
      {"A new form of words id=", " is invalid"},
      {"JSON path error near '", "'"},
  };
  for (const auto& [before, behind] : quotations) {
    const std::string expected = redact(before + "Kq7zXw9Qj" + behind);
    EXPECT_NE(expected.find("***"), std::string::npos) << expected;
    EXPECT_EQ(expected.find("Kq7z"), std::string::npos) << expected;
    for (const std::string_view value : values)
      EXPECT_EQ(redact(before + std::string(value) + behind), expected) << value;
  }
}

TEST(Redact, LeavesOpenSslsReasonsAndWithholdsWhatLibcurlQuotes) {
  for (const char* message :
       {"SSL certificate problem: self-signed certificate in certificate chain",
        "tlsv1 alert protocol version", "unsupported protocol",
        "Recv failure: Connection reset by "
        "peer"})
    EXPECT_EQ(redact(message), message);
  EXPECT_EQ(redact("Unsupported proxy syntax in 'http://user1:p#ssword@127.0.0.1:80'"),
            "Unsupported *** syntax in ***");
  EXPECT_EQ(redact("SSL certificate problem: a reason to come"), "SSL certificate problem: ***");
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
            "perform: ***");
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
}  // namespace streamonce
