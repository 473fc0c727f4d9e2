import Syntax

/// What to write for a method or an attribute of another language: `x.dot(y)`, `letters.shape`,
/// `net.fit(letters)`.
struct MethodHints {
  let diagnosis: Diagnosis
  /// What has no such field.
  let value: Value

  /// How the value is written.
  private var object: String { diagnosis.shortText(0) ?? "x" }

  /// - Returns: empty where nothing is known of such a name.
  func suggestions(for name: String) -> [String] {
    let arguments = self.arguments
    if let form = Self.forms[name]?(value, object, arguments ?? "") { return ["write \(form)"] }
    if let form = inside(name) { return ["write \(form)"] }
    guard let builtin = diagnosis.machine.vocabulary.builtin(named: name),
      !builtin.declaration.parameters.isEmpty
    else { return foreignForm(name) }
    let takesIt = try? builtin.declaration.parameters[0].accepts(value) != nil
    guard takesIt == true else { return [] }
    let rest = (arguments ?? "").isEmpty ? "" : ", \(arguments ?? "")"
    return ["\(name) is a function: write \(name)(\(object)\(rest))"]
  }

  /// What a function of that name in another language is here, of the value and the arguments.
  private func foreignForm(_ name: String) -> [String] {
    guard value.isNumberLike || value.isList, let arguments,
      let hint = ForeignNames.hints[name]
    else { return [] }
    let all = arguments.isEmpty ? object : "\(object), \(arguments)"
    return [ReaderArguments.filled(hint, all)]
  }

  /// What stands between the parentheses of the call that follows the name; nil where none does.
  private var arguments: String? {
    guard diagnosis.site.operands.count > 1 else { return nil }
    return Self.arguments(after: diagnosis.site.operands[1].end, in: diagnosis.source)
  }

  /// The text between the parentheses that open at an offset; nil where none do, or where they
  /// hold more than fits a hint.
  static func arguments(after start: Int, in source: SourceText) -> String? {
    let bytes = source.bytes
    guard start < bytes.count, bytes[start] == UInt8(ascii: "(") else { return nil }
    var depth = 0
    for position in start..<min(bytes.count, start + 80) {
      switch bytes[position] {
      case UInt8(ascii: "("), UInt8(ascii: "["): depth += 1
      case UInt8(ascii: ")"), UInt8(ascii: "]"): depth -= 1
      case UInt8(ascii: "\n"): return nil
      default: break
      }
      if depth == 0 { return source.text(in: Span(start + 1, position)) }
    }
    return nil
  }

  /// A field or function of the tensors inside a data set or one of its parts.
  private func inside(_ name: String) -> String? {
    let tensor: String
    switch value {
    case .dataSet: tensor = "\(object).train.x"
    case .split: tensor = "\(object).x"
    default: return nil
    }
    if ["shape", "T", "size", "ndim", "dtype"].contains(name) { return "\(tensor).\(name)" }
    return diagnosis.machine.vocabulary.builtin(named: name)?.declaration.parameters.first?.kind
      == .tensor
      ? "\(name)(\(tensor))" : nil
  }

  private typealias Form =
    @Sendable (_ value: Value, _ object: String, _ arguments: String) ->
    String?

  private static let forms: [String: Form] = [
    "fit": { value, object, arguments in
      value.isNetwork ? "train \(object) on \(first(arguments) ?? "letters")" : nil
    },
    "train": { value, object, arguments in
      value.isNetwork ? "train \(object) on \(first(arguments) ?? "letters")" : nil
    },
    "predict": { value, object, arguments in
      value.isNetwork ? "\(object)(\(arguments.isEmpty ? "x" : arguments))" : nil
    },
    "forward": { value, object, arguments in
      value.isNetwork ? "\(object)(\(arguments.isEmpty ? "x" : arguments))" : nil
    },
    "evaluate": { value, object, arguments in
      value.isNetwork ? "test \(object) on \(first(arguments) ?? "letters.test")" : nil
    },
    "score": { value, object, arguments in
      value.isNetwork ? "test \(object) on \(first(arguments) ?? "letters.test")" : nil
    },
    "summary": { value, object, _ in value.isNetwork ? "show \(object)" : nil },
    "weights": { value, object, _ in value.isNetwork ? "\(object).parameters" : nil },
    "item": { value, object, _ in value.isNumberLike ? "number(\(object))" : nil },
    "view": { value, object, arguments in
      value.isNumberLike ? "reshape(\(object), \(arguments))" : nil
    },
    "astype": { value, object, arguments in
      value.isNumberLike ? "\(arguments.contains("64") ? "f64" : "f32")(\(object))" : nil
    },
    "double": { value, object, _ in value.isNumberLike ? "f64(\(object))" : nil },
    "float": { value, object, _ in value.isNumberLike ? "f32(\(object))" : nil },
    "t": { value, object, _ in value.isNumberLike ? "\(object)'" : nil },
    "mm": { value, object, arguments in
      value.isNumberLike ? "\(object) @ \(arguments)" : nil
    },
    "pow": { value, object, arguments in
      value.isNumberLike ? "\(object) ^ \(arguments)" : nil
    },
    "append": { value, object, arguments in
      let isName = object.first.map { $0.isLetter || $0 == "_" } ?? false
      if value.isList { return "\(object) \(isName ? "+=" : "+") [\(arguments)]" }
      guard value.isNumberLike else { return nil }
      let joined = "concat([\(object), [\(arguments)]])"
      return isName ? "\(object) = \(joined)" : joined
    },
    "push": { value, object, arguments in forms["append"]?(value, object, arguments) },
    "join": { value, object, arguments in
      if case .string = value { "join(\(arguments), \(object))" } else { nil }
    },
    "extend": { value, object, arguments in value.isList ? "\(object) += \(arguments)" : nil },
    "copy": { _, object, _ in object },
    "clone": { _, object, _ in object },
    "detach": { _, object, _ in object },
    "numpy": { value, object, _ in value.isNumberLike ? object : nil },
    "length": { value, object, _ in value.elementCount == nil ? nil : "len(\(object))" },
    "count": { value, object, _ in value.elementCount == nil ? nil : "len(\(object))" },
    "head": { value, object, rows in
      value.isTable ? "\(object)[0:\(rows.isEmpty ? "5" : rows)]" : nil
    },
    "tail": { value, object, rows in
      value.isTable ? "\(object)[-\(rows.isEmpty ? "5" : rows):]" : nil
    },
    "info": { value, object, _ in value.isTable ? "describe \(object)" : nil },
    "describe": { value, object, _ in value.isTable ? "describe \(object)" : nil },
    "columns": { value, object, _ in value.isTable ? "keys(\(object))" : nil },
    "iloc": { value, object, _ in value.isTable ? "\(object)[0:5], or \(object)[0:5, 0:2]" : nil },
    "loc": { value, object, _ in
      value.isTable ? "\(object)[\(object).age > 30, \"age\"]" : nil
    },
    "groupby": { value, object, arguments in
      value.isTable ? "group(\(object), \(arguments.isEmpty ? "\"name\"" : arguments), mean)" : nil
    },
    "sort_values": { value, object, arguments in
      value.isTable
        ? "sort(\(object), by=\(arguments.replacing("by=", with: "").isEmpty ? "\"name\"" : arguments.replacing("by=", with: "")))"
        : nil
    },
    "drop": { value, object, arguments in
      value.isTable ? "remove(\(object), \(first(arguments) ?? "\"name\""))" : nil
    },
    "dropna": { value, object, _ in value.isTable ? "\(object)[isfinite(\(object).age)]" : nil },
    "to_csv": { value, object, arguments in
      value.isTable ? "save \(object) to \(first(arguments) ?? "table.csv")" : nil
    },
    "to_numpy": { value, object, _ in value.isTable ? "tensor(\(object))" : nil },
    "value_counts": { value, object, _ in value.isList ? "counts(\(object))" : nil },
    "backward": { value, object, _ in value.isNumberLike ? "grad \(object) wrt W" : nil },
  ]

  /// The first of some arguments.
  private static func first(_ arguments: String) -> String? {
    arguments.split(separator: ",").first.map(String.init)
  }
}

extension Value {
  fileprivate var isNetwork: Bool { if case .network = self { true } else { false } }
  fileprivate var isTable: Bool { if case .table = self { true } else { false } }
  fileprivate var isList: Bool { if case .list = self { true } else { false } }

  fileprivate var isNumberLike: Bool {
    switch self {
    case .number, .bool, .tensor, .traced: true
    default: false
    }
  }
}
