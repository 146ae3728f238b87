// runtime/aws/profile_credentials.h: the credentials that a profile of the shared files stands for.
//
// Of what a profile has, the first of these counts: a role (role_arn with source_profile,
// credential_source or web_identity_token_file; external_id, role_session_name, duration_seconds),
// keys (aws_access_key_id, aws_secret_access_key, aws_session_token), a command
// (credential_process). Where it is another profile's source_profile, its keys come first. What
// needs a person, MFA, SSO and `aws login`, is left to the AWS CLI.
//
// Source:  AWS SDKs and Tools reference guide, "Assume role credential provider", "Process
//          credential provider"; botocore, credentials.py.
// Threads: one thread at a time.

#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "runtime/aws/credential_chain.h"
#include "runtime/aws/profile_files.h"
#include "runtime/base/result.h"

namespace streamonce::aws {

/// The most profiles that are one another's source_profile: each is asked by the one before it.
inline constexpr std::size_t kProfilesMax = 16;

/// The credentials of the profile `name`, which is in `files`. Nothing is asked, and no command
/// run, before get(). Keys are read again from the files once a service has refused them as
/// expired.
/// @return null: it has none
/// @error kInvalidArgument  it, or a profile that it leads to, is absent, incomplete or leads back,
///                          or leads through more than kProfilesMax; or it needs a person: the
///                          message says how the AWS CLI hands over
Result<std::shared_ptr<CredentialsProvider>> profile_credentials(const std::string& name,
                                                                 const ProfileFiles& files,
                                                                 const CredentialAccess& access);

}  // namespace streamonce::aws
