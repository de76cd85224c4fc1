/// A part of the program that reads foreign bytes: how to call it, and what must be true afterwards.
struct FuzzTarget: Sendable {
  /// The name of the folder with its seeds, and the name on the command line.
  let name: String
  /// The longest useful input in bytes. Longer inputs take more time and find nothing new.
  let longest: Int
  /// - Throws: `Violation` if a property does not hold. It never traps, for any bytes.
  let check: @Sendable ([UInt8]) throws(Violation) -> Void

  static let all = own + transport

  private static let own: [FuzzTarget] = [
    FuzzTarget(name: "addition", longest: 2048, check: AdditionProperty.check),
    FuzzTarget(name: "age", longest: 4096, check: AgeProperty.check),
    FuzzTarget(name: "challenge", longest: 2048, check: ChallengeProperty.check),
    FuzzTarget(name: "import", longest: 2048, check: ImportProperty.check),
    FuzzTarget(name: "inventory", longest: 4096, check: InventoryProperty.check),
    FuzzTarget(name: "journal", longest: 4096, check: JournalProperty.check),
    FuzzTarget(name: "json", longest: 2048, check: JSONProperty.check),
    FuzzTarget(name: "lock", longest: 4096, check: LockProperty.check),
    FuzzTarget(name: "merge", longest: 2048, check: MergeProperty.check),
    FuzzTarget(name: "metadata", longest: 4096, check: MetadataProperty.check),
    FuzzTarget(name: "pasted", longest: 512, check: PastedProperty.check),
    FuzzTarget(name: "plan", longest: 4096, check: SavedPlanProperty.check),
    FuzzTarget(name: "record", longest: 4096, check: RecordProperty.check),
    FuzzTarget(name: "reference", longest: 512, check: ReferenceProperty.check),
    FuzzTarget(name: "registration", longest: 4096, check: RegistrationProperty.check),
    FuzzTarget(name: "replay", longest: 8192, check: ReplayProperty.check),
    FuzzTarget(name: "text", longest: 1024, check: TextProperty.check),
    FuzzTarget(name: "url", longest: 1024, check: URLProperty.check),
    FuzzTarget(name: "walk", longest: 8192, check: WalkProperty.check),
    FuzzTarget(name: "yaml", longest: 2048, check: YAMLProperty.check),
  ]

  /// The targets of the code for connections, which needs SwiftNIO.
  private static let transport: [FuzzTarget] = {
    #if FUZZES_TRANSPORT
      [
        FuzzTarget(name: "certificate", longest: 2048, check: CertificateProperty.check),
        FuzzTarget(name: "host", longest: 256, check: HostProperty.check),
      ]
    #else
      []
    #endif
  }()

  static func named(_ name: String) -> FuzzTarget? { all.first { $0.name == name } }
}

/// A property that does not hold.
struct Violation: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) {
    self.description = description
  }
}

func require(_ condition: Bool, _ what: @autoclosure () -> String) throws(Violation) {
  guard condition else { throw Violation(what()) }
}
