// runtime/aws/xml_walk.h: walks the XML of AWS's query APIs, which is elements and texts.
//
// Source:  Extensible Markup Language (XML) 1.0: what AWS's services write of it, and no more.
// Threads: pure functions.

#pragma once

#include <functional>
#include <string_view>

namespace streamonce::aws {

/// The most elements around a text.
inline constexpr int kXmlDepthMax = 16;

/// Takes the text of an element without any in it, with its references resolved, and the names of
/// the elements around it, as in `ErrorResponse/Error/Code`.
using TakeXmlText = std::function<void(std::string_view path, std::string_view text)>;

/// Hands each text of `xml` to `take`. Attributes are passed over.
/// @return whether `xml` is one element, well-formed, without a document type, and no deeper than
///         kXmlDepthMax; otherwise texts may have been handed over all the same
bool walk_xml(std::string_view xml, const TakeXmlText& take);

}  // namespace streamonce::aws
