#pragma once

#include <curl/curl.h>

#include <memory>

namespace sightingd {

/// Owns a libcurl object. CURL and CURLM are both `void`, so each kind is told apart
/// by the function that frees it.
template <auto free_function>
struct CurlDelete {
  template <typename T>
  void operator()(T* object) const noexcept {
    free_function(object);
  }
};

using CurlEasy = std::unique_ptr<CURL, CurlDelete<curl_easy_cleanup>>;
using CurlMulti = std::unique_ptr<CURLM, CurlDelete<curl_multi_cleanup>>;
using CurlList = std::unique_ptr<curl_slist, CurlDelete<curl_slist_free_all>>;
using CurlUrl = std::unique_ptr<CURLU, CurlDelete<curl_url_cleanup>>;
using CurlText = std::unique_ptr<char, CurlDelete<curl_free>>;

}  // namespace sightingd
