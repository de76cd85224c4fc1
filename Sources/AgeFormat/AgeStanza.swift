/// One recipient's part of a header: it wraps the file key.
struct AgeStanza: Equatable {
  /// The type and its further arguments. At least one argument, each with at least one `VCHAR`.
  var arguments: [[UInt8]]
  var body: [UInt8]

  /// `-> ` and the arguments, then the body in base64 with 64 columns per line. The last line is shorter and may be empty.
  func serialized() -> [UInt8] {
    var out = Array("->".utf8)
    for argument in arguments {
      out.append(UInt8(ascii: " "))
      out += argument
    }
    out.append(AgeHeader.lineFeed)
    let text = Base64.encode(body, padded: false)
    var start = 0
    while text.count - start >= AgeHeader.columns {
      out += text[start..<(start + AgeHeader.columns)]
      out.append(AgeHeader.lineFeed)
      start += AgeHeader.columns
    }
    out += text[start...]
    out.append(AgeHeader.lineFeed)
    return out
  }
}
