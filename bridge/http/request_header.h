// The header of an HTTP request.

#ifndef BRIDGE_HTTP_REQUEST_HEADER_H_
#define BRIDGE_HTTP_REQUEST_HEADER_H_

#include <boost/beast/http/fields.hpp>
#include <boost/beast/http/message.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace bridge {

using RequestHeader = boost::beast::http::request_header<>;

// A header's value; empty if there is none.
std::string_view FieldOf(const RequestHeader& header,
                         boost::beast::http::field name);
std::string_view FieldOf(const RequestHeader& header, std::string_view name);

// The values of all lines of a header that is a list, as one list (RFC 9110,
// section 5.3).
std::string AllOf(const RequestHeader& header, std::string_view name);

// The items of such a list, each without the white space around it.
std::vector<std::string> ItemsOf(const RequestHeader& header,
                                 std::string_view name);

}  // namespace bridge

#endif  // BRIDGE_HTTP_REQUEST_HEADER_H_
