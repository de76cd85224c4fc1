/// `Retry-After` (RFC 9110 section 10.2.3).
package enum RetryAfter {
  /// Seconds from `now`, never negative. nil if the field is missing or unreadable.
  package static func seconds(_ response: HTTPResponse, now: Timestamp) -> Int? {
    guard let value = response.value(of: "Retry-After") else { return nil }
    let text = value.split(whereSeparator: { $0 == " " || $0 == "\t" }).joined(separator: " ")
    if !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) {
      return min(Int(text) ?? longest, longest)
    }
    guard let date = instant(text) else { return nil }
    return Int(min(max(date.seconds - now.seconds, 0), Int64(longest)))
  }

  /// One year. A longer time is in practice never, and it must not cause an overflow in a sum.
  private static let longest = 31_536_000

  /// `Sun, 06 Nov 1994 08:49:37 GMT` (IMF-fixdate). The two obsolete formats are not supported.
  static func instant(_ text: String) -> Timestamp? {
    let parts = text.split(separator: " ")
    guard parts.count == 6, parts[5] == "GMT", parts[1].utf8.count == 2, parts[3].utf8.count == 4,
      let month = months.firstIndex(of: String(parts[2]))
    else { return nil }
    let number = month + 1
    return Timestamp(rfc3339: "\(parts[3])-\(number < 10 ? "0" : "")\(number)-\(parts[1])T\(parts[4])Z")
  }

  private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
}

extension HTTPResponse {
  /// `Date` (RFC 9110 section 6.6.1). nil if the field is missing or unreadable.
  package var date: Timestamp? { value(of: "Date").flatMap(RetryAfter.instant) }
}
