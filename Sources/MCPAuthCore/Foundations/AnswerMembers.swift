/// The members of a server's answer. They are read leniently, because real servers need it: null, "", empty lists and values of a wrong
/// type count as missing (Discovery#Authorization-server-metadata; RealServers#53, RealServers#75).
struct AnswerMembers {
  let object: JSONObject

  init(_ object: JSONObject) {
    self.object = object
  }

  /// nil if the body is not a JSON object.
  init?(_ body: [UInt8]) {
    let json: JSON?
    do throws(JSONParser.Problem) { json = try JSONParser.parse(body) } catch { json = nil }
    guard let object = json?.object else { return nil }
    self.init(object)
  }

  func string(_ name: String) -> String? {
    guard let text = object[name]?.string, !text.isEmpty else { return nil }
    return text
  }

  func strings(_ name: String) -> [String]? {
    guard let list = object[name]?.array else { return nil }
    let strings = list.compactMap(\.string)
    return strings.isEmpty ? nil : strings
  }
}
