import FoundationEssentials
import MCPAuthCore

/// A key's value, and the revisions at which it was created and last changed.
struct EtcdPair: Sendable, Equatable {
  var value: [UInt8]
  var created: Int64
  var modified: Int64
  /// The lease under which it exists; 0: none.
  var lease: Int64 = 0

  var json: JSON? { try? JSONParser.parse(value, refusingDuplicates: true) }
}

/// One condition of a transaction.
enum EtcdCompare: Sendable, Equatable {
  /// The revision of the last change; 0: the key does not exist.
  case modified(String, Int64)
  case value(String, [UInt8])
  /// No key begins with this.
  case empty(String)

  static func absent(_ key: String) -> EtcdCompare { .modified(key, 0) }

  var key: String {
    switch self {
    case .modified(let key, _), .value(let key, _), .empty(let key): key
    }
  }

  var json: JSON {
    switch self {
    case .modified(let key, let revision):
      ["key": .etcd(key), "target": "MOD", "result": "EQUAL", "mod_revision": .string(String(revision))]
    case .value(let key, let value):
      ["key": .etcd(key), "target": "VALUE", "result": "EQUAL", "value": .etcd(value)]
    case .empty(let prefix):
      // True for every key of the range; if there is none, etcd compares with a key that does not exist.
      [
        "key": .etcd(prefix), "range_end": .etcd(EtcdSpan.end(ofPrefix: prefix)), "target": "CREATE",
        "result": "EQUAL", "create_revision": "0",
      ]
    }
  }
}

/// One operation of a transaction.
enum EtcdOperation: Sendable, Equatable {
  case put(String, [UInt8], lease: Int64 = 0)
  case delete(String)
  case get(String)
  /// Deletes the key if it has this value.
  case release(String, [UInt8])

  var key: String {
    switch self {
    case .put(let key, _, _), .delete(let key), .get(let key), .release(let key, _): key
    }
  }

  var json: JSON {
    switch self {
    case .put(let key, let value, let lease):
      var put: JSONObject = ["key": .etcd(key), "value": .etcd(value)]
      if lease != 0 { put["lease"] = .string(String(lease)) }
      return ["request_put": .object(put)]
    case .delete(let key): return ["request_delete_range": ["key": .etcd(key)]]
    case .get(let key): return ["request_range": ["key": .etcd(key)]]
    case .release(let key, let value):
      return [
        "request_txn": [
          "compare": [EtcdCompare.value(key, value).json],
          "success": [EtcdOperation.delete(key).json],
        ]
      ]
    }
  }
}

/// Operations that are all done if every condition is true. Otherwise the keys of `fetched` are read.
struct EtcdTransaction: Sendable, Equatable {
  var compares: [EtcdCompare] = []
  var operations: [EtcdOperation] = []
  /// Keys of intents and claims that are deleted. Another run may have written them again after that.
  var ended: Set<String> = []

  /// The most operations of one transaction: etcd's default is 128.
  static let limit = 100

  /// All keys that a condition or an operation names: their present values tell why the transaction failed.
  var fetched: [String] {
    Set(compares.map(\.key)).union(operations.map(\.key)).sorted()
  }

  var json: JSON {
    [
      "compare": .array(compares.map(\.json)), "success": .array(operations.map(\.json)),
      "failure": .array(fetched.map { EtcdOperation.get($0).json }),
    ]
  }

  /// Whether the present values are those that the transaction would have left. The answer to a first attempt may have been lost.
  func isApplied(in present: [String: EtcdPair]) -> Bool {
    operations.allSatisfy { operation in
      switch operation {
      case .put(let key, let value, _): present[key]?.value == value
      case .delete(let key) where ended.contains(key): present[key] == nil || present[key]?.modified != seen(key)
      case .delete(let key): present[key] == nil
      case .get, .release: true
      }
    }
  }

  /// The revision of the key that the transaction expects; nil: it expects none.
  private func seen(_ key: String) -> Int64? {
    for case .modified(key, let revision) in compares { return revision }
    return nil
  }
}

/// The answer to a transaction.
struct EtcdAnswer: Sendable, Equatable {
  var revision: Int64
  var isDone: Bool
  /// The present values, if the transaction was not done.
  var present: [String: EtcdPair] = [:]
}

/// Keys from a first one up to another one, which is not among them.
struct EtcdSpan: Sendable {
  var start: [UInt8]
  var end: [UInt8]
  /// Without values.
  var keysOnly = false

  init(from start: String, to end: String, keysOnly: Bool = false) {
    self.start = Array(start.utf8)
    self.end = Array(end.utf8)
    self.keysOnly = keysOnly
  }

  init(prefix: String, keysOnly: Bool = false) {
    start = Array(prefix.utf8)
    end = Self.end(ofPrefix: prefix)
    self.keysOnly = keysOnly
  }

  /// The first key after all that begin with the prefix: its last byte plus one. The prefix is ASCII and not empty.
  static func end(ofPrefix prefix: String) -> [UInt8] {
    var end = Array(prefix.utf8)
    end[end.count - 1] += 1
    return end
  }

  var json: JSONObject {
    var body: JSONObject = ["key": .etcd(start), "range_end": .etcd(end)]
    if keysOnly { body["keys_only"] = true }
    return body
  }
}

/// What has changed in several spans.
struct EtcdNews: Sendable {
  var changed: [(key: String, pair: EtcdPair)]
  /// The number of keys.
  var count: Int
  /// The keys of the folders that were listed.
  var present: Set<String>
  var revision: Int64
}

extension JSON {
  /// Keys and values are base64 in the gateway.
  static func etcd(_ text: String) -> JSON { etcd(Array(text.utf8)) }
  static func etcd(_ bytes: [UInt8]) -> JSON { .string(Data(bytes).base64EncodedString()) }

  /// 64-bit integers are strings in the gateway, and zero is left out.
  func etcdInteger(_ name: String) -> Int64 {
    switch self[name] {
    case .string(let text)?: Int64(text) ?? 0
    case let other?: other.integer ?? 0
    case nil: 0
    }
  }

  func etcdBytes(_ name: String) -> [UInt8] {
    guard let text = self[name]?.string, let data = Data(base64Encoded: text) else { return [] }
    return Array(data)
  }

  /// `kvs` of a range.
  var etcdPairs: [(key: String, pair: EtcdPair)] {
    (self["kvs"]?.array ?? []).map { item in
      (
        key: String(decoding: item.etcdBytes("key"), as: UTF8.self),
        pair: EtcdPair(
          value: item.etcdBytes("value"), created: item.etcdInteger("create_revision"),
          modified: item.etcdInteger("mod_revision"), lease: item.etcdInteger("lease"))
      )
    }
  }

  var etcdRevision: Int64 { self["header"]?.etcdInteger("revision") ?? 0 }
}
