#!/usr/bin/env bash
# The CloudFormation template and the examples of it: AWS's validator, a simulator of IAM and rules of our
# own find nothing wrong, and each of them finds mistakes.
set -euo pipefail
cd "$(dirname "$0")/../.."
checkers=tests/support/cloudformation
[ -d $checkers/node_modules ] || { echo "template_test: run npm ci in $checkers first" >&2; exit 1; }

# What looks at README's commands of the AWS CLI finds mistakes in such commands.
wrong() {  # wrong WORDS ARGUMENT...: whether these are refused with these words
  local words=$1 said
  shift
  if said=$(node $checkers/aws.mjs "$@" 2>&1) || ! grep -qF -- "$words" <<<"$said"; then
    echo "template_test: aws $*: expected \"$words\", found \"$said\"" >&2
    exit 1
  fi
}
arn=arn:aws:dynamodb:eu-central-1:444455556666:table
wrong 'is not known' dynamodb create-tabel --table-name orders
wrong 'has no --table' dynamodb update-table --table-name orders --table orders
wrong 'no stream' dynamodb update-table --table-name orders \
  --stream-specification StreamEnabled=true,StreamViewType=KEYS_ONLY
wrong 'cannot be loaded' dynamodb export-table-to-point-in-time --table-arn "$arn/orders" \
  --s3-bucket acme-exports --export-format ION
wrong 'there is no build/none.zip' s3 cp build/none.zip s3://acme-programs/none.zip
wrong 'is one of' dynamodb put-resource-policy --resource-arn "$arn/orders" \
  --policy file://deploy/examples/policy/target-policy.json
wrong 'CAPABILITY_NAMED_IAM' cloudformation deploy --stack-name s --template-file deploy/template.yaml \
  --capabilities CAPABILITY_IAM --parameter-overrides file://deploy/examples/policy/parameters.json
wrong 'parameter CodeBucket is needed' cloudformation deploy --stack-name s --capabilities CAPABILITY_IAM \
  --template-file deploy/template.yaml --parameter-overrides file://$checkers/fixtures/no-bucket.json
wrong 'expected s3://BUCKET' s3 mb acme-programs
wrong 'there is no waiter' dynamodb wait table-is-there --table-name orders
wrong 'has no type' dynamodb put-item --table-name orders --item '{"order_id":"1"}'

# README's can be given in their order, and none may be left out.
node $checkers/story.mjs README.md

node $checkers/check.mjs
