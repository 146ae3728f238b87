# What is changed in libcurl's sources: in a file below `curl_copy`, a text, which must stand there once, becomes
# another. If one is not as expected, the build ends. All but the last are for the CPU that a start or a request
# takes: bench/README.md has the figures.
function(streamonce_mend file was now)
  file(READ ${curl_copy}/${file} code)
  string(FIND "${code}" "${was}" first)
  string(FIND "${code}" "${was}" last REVERSE)
  if(first EQUAL -1 OR NOT first EQUAL last)
    message(FATAL_ERROR "libcurl's ${file} is not as expected: '${was}' must stand there once")
  endif()
  string(REPLACE "${was}" "${now}" code "${code}")
  file(WRITE ${curl_copy}/${file} "${code}")
endfunction()

# It sets OpenSSL up for TLS in curl_global_init(): 1.0 million instructions of the 1.7 before a cold function
# asks for its first event. OpenSSL does so itself where TLS is used first; only that no configuration file is
# read must be said before.
streamonce_mend(lib/vtls/openssl.c
  [[OPENSSL_init_ssl(flags, NULL);]]
  [[(void)flags; OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL);]])

# It formats each header line byte by byte: a tenth of a record's CPU, for a session token of 800.
streamonce_mend(lib/http.c
  [[result = Curl_dyn_addf(req, "%s\r\n", compare);]]
  [[(result = Curl_dyn_add(req, compare)) || (result = Curl_dyn_addn(req, "\r\n", 2));]])

# And so it does with all that it formats into a buffer that grows, each byte with all the checks of one: a third
# of what a request costs it. What is text is appended as a whole.
streamonce_mend(lib/mprintf.c
  [[static int dprintf_formatf(]]
  [[static int alloc_addbyter(int output, FILE *data);
/* Returns how many bytes were added, which is `len`; -1: there is no memory for them. */
static int alloc_addtext(struct asprintf *to, const char *text, size_t len)
{
  if(len && Curl_dyn_addn(to->b, text, len)) {
    to->fail = 1;
    return -1;
  }
  return (int)len;
}

static int dprintf_formatf(]])
streamonce_mend(lib/mprintf.c
  [[      do {
        OUTCHAR(*f);]]
  [[      if(stream == alloc_addbyter) {
        int added = alloc_addtext(data, f, strcspn(f, "%"));
        if(added < 0)
          return done;
        done += added;
        f += added;
        continue;
      }
      do {
        OUTCHAR(*f);]])
streamonce_mend(lib/mprintf.c
  [[        for(; len && *str; len--)
          OUTCHAR(*str++);]]
  [[        if(stream == alloc_addbyter) {
          const char *end = memchr(str, 0, len);
          int added = alloc_addtext(data, str, end ? (size_t)(end - str) : len);
          if(added < 0)
            return done;
          done += added;
          len = 0;
        }
        for(; len && *str; len--)
          OUTCHAR(*str++);]])

# It makes texts for nobody to read: the URL once more out of its parts, and what it would log.
streamonce_mend(lib/url.c
  [[uc = curl_url_get(uh, CURLUPART_URL, &newurl, 0);]]
  [[newurl = strdup(data->state.url);
    uc = newurl ? CURLUE_OK : CURLUE_OUT_OF_MEMORY;]])
streamonce_mend(lib/multi.c
  [[    msnprintf(buffer, sizeof(buffer),
              "Connection #%ld]]
  [[    buffer[0] = 0;
    if(data->set.verbose)
      msnprintf(buffer, sizeof(buffer),
              "Connection #%ld]])

# It asks the system whether a kept connection is still there, each time before it is used again. One that was used
# within the last second is taken to be: should it not, the request is sent again on another, for which it then asks.
# Not so a large body, whose second part would meet the end of the connection as an error that is none to it.
streamonce_mend(lib/url.c
  [[dead = !Curl_conn_is_alive(data, conn);]]
  [[dead = (data->state.retrycount || data->state.infilesize >= 32768 ||
         Curl_timediff(now, conn->lastused) >= 1000) &&
        !Curl_conn_is_alive(data, conn);]])

# What the first connection failed with would be told of the second one.
streamonce_mend(lib/transfer.c
  [[    conn->bits.retry = TRUE; /* mark this]]
  [[    data->state.errorbuf = FALSE;
    if(data->set.errorbuffer)
      data->set.errorbuffer[0] = 0;
    conn->bits.retry = TRUE; /* mark this]])

# It counts how often a request was sent again over all the requests of a handle, and gives up at five.
streamonce_mend(lib/transfer.c
  [[  data->state.requests = 0;]]
  [[  data->state.requests = 0;
  data->state.retrycount = 0;]])

# It asks whether an answer is there as soon as a request has been sent. None can be: that it has come is told by
# whoever waits for it.
streamonce_mend(lib/multi.c
  [[         (data->conn->writesockfd != CURL_SOCKET_BAD))
        multistate(data, MSTATE_PERFORMING);]]
  [[         (data->conn->writesockfd != CURL_SOCKET_BAD)) {
        multistate(data, MSTATE_PERFORMING);
        if(data->req.keepon == KEEP_RECV)
          break;
      }]])

# Where memory runs out while it notes who waits for a socket, it leaves a table without room behind, and divides by
# that room when the next one waits for it.
streamonce_mend(lib/multi.c
  [[        Curl_hash_destroy(&entry->transfers);
        return CURLM_OUT_OF_MEMORY;]]
  [[        entry->users--;
        if(action & CURL_POLL_IN)
          entry->readers--;
        if(action & CURL_POLL_OUT)
          entry->writers--;
        return CURLM_OUT_OF_MEMORY;]])
