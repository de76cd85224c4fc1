/// The members of a server's answer, read as leniently as real servers need it: null, "", and empty lists count as left out, and so
/// does a wrong type (Discovery#Authorization-server-metadata; RealServers#53, RealServers#75).
struct AnswerMembers {
  let object: JSONObject

  init(_ object: JSONObject) {
    self.object = object
  }

  /// nil when the body is no JSON object.
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
