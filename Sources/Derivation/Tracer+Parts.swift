import Language
import Networks
import Syntax
import Tensors

extension Tracer {
  func field(
    _ base: Expression, _ name: Name, _ span: Span, _ scope: Scope
  ) throws -> Traced {
    let whole = try evaluate(base, scope)
    switch whole {
    case .node(let node):
      if name.text == "T" { return try transpose(whole, base.span, span) }
      if name.text == "shape" { return try lengths(of: node, span) }
      return try computed(try Value(node.tensor).field(name.text), name.text, [], at: span)
    case .value(let value, let text):
      let part = try value.field(name.text)
      guard let text else {
        if case .network = value { return .value(part, nil) }
        return try traced(constant: part, at: span)
      }
      return try traced(
        part, text + "." + name.text, isLocal: thunk.isLocal(String(text.prefix { $0 != "." })),
        at: span)
    case .list, .closure:
      return try traced(constant: try plain(whole, base.span).field(name.text), at: span)
    }
  }

  /// The lengths of a tensor's axes, which formulas call by their names.
  func lengths(of node: Node, _ span: Span) throws -> Traced {
    .list(
      try node.axes.map { axis in
        let length = try graph.number(Double(axis.size), at: span, in: source)
        length.dimension = axis
        return .node(length)
      })
  }

  func index(
    _ base: Traced, _ baseSpan: Span, _ places: [Subscript], _ span: Span, _ scope: Scope
  ) throws -> Traced {
    try index(base, baseSpan, try places.map { try place($0, scope) }, span)
  }

  /// - Parameter places: each with its text as code, nil where it cannot be written.
  func index(
    _ base: Traced, _ baseSpan: Span, _ places: [(value: SubscriptValue, text: String?)],
    _ span: Span
  ) throws -> Traced {
    let values = places.map(\.value)
    switch base {
    case .list(let items):
      // Which elements are chosen is the machine's to say: it chooses among their positions.
      let positions = try Value.items(items.indices.map { .number(Double($0)) })
        .indexed(by: values)
      if case .number(let position) = positions { return items[Int(position)] }
      guard case .list(let chosen) = positions else { throw unsupported("this index", span) }
      return .list(chosen.content.compactMap { $0.asNumber().map { items[Int($0)] } })
    case .value(let value, _):
      if value.isTensorLike { break }
      return try traced(constant: try value.indexed(by: values), at: span)
    case .closure:
      return try traced(
        constant: try plain(base, baseSpan).indexed(by: values), at: span)
    case .node: break
    }
    let node = try node(base, baseSpan)
    let value = try Value(node.tensor).indexed(by: values)
    switch value {
    case .number, .tensor: break
    default: return .value(value, nil)
    }
    var options = Node.Options()
    options.indices = try values.map { try $0.tensorIndex() }
    let texts = places.map(\.text)
    options.isWritable = texts.allSatisfy { $0 != nil }
    options.indexText = texts.map { $0 ?? "…" }.joined(separator: ", ")
    let indices = options.indices
    return .node(
      try graph.operate("index", [node], options, at: span, in: source) {
        try .subscripted($0[0], indices)
      })
  }

  /// One place between brackets, and how it is written.
  private func place(
    _ place: Subscript, _ scope: Scope
  ) throws -> (value: SubscriptValue, text: String?) {
    switch place {
    case .ellipsis: return (.ellipsis, "...")
    case .index(let expression) where expression.isNone: return (.newAxis, "none")
    case .slice(let start, let stop, let step, let span):
      func bound(_ expression: Expression?) throws -> Value? {
        try expression.map { try plain(try evaluate($0, scope), $0.span) }
      }
      let (first, last, distance) = (try bound(start), try bound(stop), try bound(step))
      let value = SubscriptValue.slice(start: first, stop: last, step: distance)
      guard case .slice(let lower, let upper, let stride) = try value.tensorIndex() else {
        throw unsupported("this slice", span)
      }
      var text = (lower.map(String.init) ?? "") + ":" + (upper.map(String.init) ?? "")
      if distance != nil { text += ":\(stride)" }
      return (value, text)
    case .index(let expression):
      let value = try plain(try evaluate(expression, scope), expression.span)
      return (.index(value), Notation.code(of: value))
    }
  }
}

extension Expression {
  fileprivate var isNone: Bool { if case .none = kind { true } else { false } }
}

extension Value {
  /// Whether it is indexed as a tensor is.
  fileprivate var isTensorLike: Bool {
    switch self {
    case .number, .tensor, .traced: true
    default: false
    }
  }
}
