/// A value that most of its owners do not have, behind a reference: a copy of the owner does not copy it.
@propertyWrapper package struct Boxed<Value: Sendable & Equatable>: Sendable, Equatable {
  private indirect enum Kept: Sendable, Equatable {
    case absent
    case present(Value)
  }

  private var kept: Kept

  package init(wrappedValue: Value?) { kept = wrappedValue.map(Kept.present) ?? .absent }

  package var wrappedValue: Value? {
    get { if case .present(let value) = kept { value } else { nil } }
    set { kept = newValue.map(Kept.present) ?? .absent }
  }
}
