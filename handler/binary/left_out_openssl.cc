// Debian's OpenSSL for x86-64 has the curve P-256 twice: in C, and once more in assembly, with a
// table of 150 KB that nothing compresses. The assembly makes a handshake 0.2 ms faster, and a cold
// start slower: here the C answers in its place, so that the linker leaves the assembly out.
// Debian's OpenSSL for arm64, built without enable-ec_nistp_64_gcc_128, has the assembly alone and
// keeps it.
//
// Source: OpenSSL 3.0, crypto/ec/ec_local.h, ec_curve.c, ec_lib.c.

#if defined(__x86_64__)

struct ec_method_st;
struct nistz256_pre_comp_st;

extern "C" {
const ec_method_st* EC_GFp_nistp256_method();

const ec_method_st* EC_GFp_nistz256_method();
nistz256_pre_comp_st* EC_nistz256_pre_comp_dup(nistz256_pre_comp_st*);
void EC_nistz256_pre_comp_free(nistz256_pre_comp_st*);

const ec_method_st* EC_GFp_nistz256_method() {
  return EC_GFp_nistp256_method();
}

// This is called only for a group of the method that is left out.
nistz256_pre_comp_st* EC_nistz256_pre_comp_dup(nistz256_pre_comp_st*) {
  __builtin_trap();
}
void EC_nistz256_pre_comp_free(nistz256_pre_comp_st*) {
  __builtin_trap();
}
}

#endif
