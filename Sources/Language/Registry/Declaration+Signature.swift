extension Declaration {
  /// How it is called, with the defaults: `sum(x, axis=none, keepdims=false)`.
  package var signature: String {
    "\(name)(\(parameters.map(\.signature).joined(separator: ", ")))"
  }

  /// The arguments that a call must have.
  package var requiredCount: Int { parameters.filter { $0.defaultValue == nil }.count }

  /// The parameter of a name.
  package func parameter(_ name: String) -> Parameter? {
    parameters.first { $0.name == name }
  }
}

extension Parameter {
  /// The parameter as a signature shows it: `axis=none`, `values…`.
  package var signature: String {
    if isVariadic { return "\(name)…" }
    guard let defaultValue else { return name }
    return "\(name)=\(defaultValue.text)"
  }
}

extension Parameter.Default {
  /// The default as it would be written; `…` where the builtin works it out.
  package var text: String {
    switch self {
    case .none: "none"
    case .bool(let value): "\(value)"
    case .number(let value): value.displayed
    case .string(let value): Value.text(value).display()
    case .computed: "…"
    }
  }
}
