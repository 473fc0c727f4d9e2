import Language
import Operations
import Syntax
import Tensors

// What expressions gave, by what they are and by their operands.

extension EvaluationRecorder {
  /// What an expression gave.
  func trace(of part: Part, as value: Value) throws -> Trace {
    let operands = part.operands
    switch part.observed.expression.kind {
    case .none: return Trace(value, text: "none")
    case .bool(let truth): return Trace(value, text: truth ? "true" : "false")
    case .number(let number):
      return Trace(value, node: try graph.number(number, at: span, in: source))
    case .string: return Trace(value)
    case .name(let name): return try named(name, part, value)
    case .bracket(let elements): return try bracket(elements, operands, value)
    case .list(let elements) where elements.count == operands.count:
      return Trace(value, items: operands)
    case .unary(let operation, _) where operands.count == 1:
      return try unary(operation, operands[0], value)
    case .binary(let operation, let left, let right, _):
      guard let (first, second) = try sides(left, right, operands, value) else { break }
      return try binary(operation, first, second, value)
    case .logical(let operation, _, _):
      if operands.count == 1 { return try trace(of: value, among: operands) }
      return try computed(value, operation.rawValue, operands)
    case .transpose where operands.count == 1: return try transpose(operands[0], value)
    case .index(_, let places):
      guard let base = operands.first,
        let places = try self.places(places, operands.dropFirst())
      else { break }
      return try index(base, places, value)
    case .field(_, let name) where operands.count == 1:
      return try field(name.text, operands[0], value)
    case .gradient where isDeriving && value.isOnTape:
      throw unsupported("a gradient inside it", hint: "use grad for it")
    default: break
    }
    return try whole(part, value)
  }

  /// What an expression gave that is not looked into, or what was evaluated in it last.
  private func whole(_ part: Part, _ value: Value) throws -> Trace {
    if let latest = part.latest, latest.value.isSame(as: value),
      latest.node != nil || !value.isTensorLike
    {
      return latest
    }
    if let found = try known(value) { return found }
    guard value.isTensorLike, let tensor = try value.asTensor() else { return Trace(value) }
    if case .number(let number) = value, isDeriving {
      return Trace(value, node: try graph.number(number, at: span, in: source))
    }
    let isReadable = part.depth == outermost && source === thunk.source
    return trace(of: try leaf(tensor, isReadable ? source.text(in: span) : nil), as: value)
  }

  // MARK: Operators

  private func unary(_ operation: UnaryOperator, _ operand: Trace, _ value: Value) throws -> Trace {
    if operation == .not { return try computed(value, "not", [operand]) }
    if let node = operand.node, let number = node.number, node.dimension == nil {
      return operation == .plus
        ? operand : Trace(value, node: try graph.number(-number, at: span, in: source))
    }
    guard isDeriving, value.isOnTape else {
      return try computed(value, operation == .plus ? "plus" : "neg", [operand])
    }
    if operation == .plus {
      let node = try node(of: operand)
      return trace(of: node, as: value)
    }
    return try operate("neg", [node(of: operand)], .init(), value)
  }

  func binary(
    _ operation: BinaryOperator, _ left: Trace, _ right: Trace, _ value: Value
  ) throws -> Trace {
    if case .list(let box) = value {
      let items = try (elements(of: left) ?? []) + (elements(of: right) ?? [])
      return Trace(value, items: items.count == box.content.count ? items : nil)
    }
    guard isDeriving, operation.isDifferentiable, left.value.isNumeric, right.value.isNumeric else {
      return try computed(value, operation.rawValue, [left, right])
    }
    let inputs = try [left, right].map { try node(of: $0, for: value) }
    // A number made of literals is a literal: 1/2.
    if inputs.allSatisfy({ $0.number != nil && $0.dimension == nil }), let number = value.asNumber()
    {
      return Trace(value, node: try graph.number(number, at: span, in: source))
    }
    return try operate(operation.rawValue, inputs, .init(), value)
  }

  func transpose(_ operand: Trace, _ value: Value) throws -> Trace {
    guard isDeriving, operand.value.isNumeric else {
      return try computed(value, "transpose", [operand])
    }
    let node = try node(of: operand, for: value)
    return node.rank == 0
      ? trace(of: node, as: value) : try operate("transpose", [node], .init(), value)
  }

  /// An operation that gave a value.
  func operate(
    _ name: String, _ inputs: [Node], _ options: Node.Options, _ value: Value
  ) throws -> Trace {
    let variable = try variable(of: value)
    let node = try graph.operate(
      name, inputs, options, isConstant: isDeriving && variable.isConstant, at: span, in: source
    ) { _ in variable }
    return trace(of: try recognized(node), as: value)
  }

  /// The sides of an operator. Beside `+` a bracket literal has no value of its own, as it may be
  /// one of a list: its elements are the operands.
  private func sides(
    _ left: Expression, _ right: Expression, _ operands: [Trace], _ value: Value
  ) throws -> (Trace, Trace)? {
    let counts = [left, right].map { $0.isBracket ? $0.leafCount : 1 }
    guard operands.count == counts[0] + counts[1] else {
      return operands.count == 2 ? (operands[0], operands[1]) : nil
    }
    let parts = [operands.prefix(counts[0]), operands.suffix(counts[1])]
    let sides = zip([left, right], parts).map { side, part -> Trace in
      guard case .bracket(let elements) = side.kind else { return part[part.startIndex] }
      if case .list = value {
        let isNested = !elements.isEmpty && elements.allSatisfy(\.isBracket)
        return Trace(.items(part.map(\.value)), items: isNested ? nil : Array(part))
      }
      return Trace(.items(part.map(\.value)), items: Array(part))
    }
    return (sides[0], sides[1])
  }

  // MARK: Brackets

  /// `[…]`: what holds nothing but written numbers is written so in formulas, too.
  private func bracket(
    _ elements: [Expression], _ leaves: [Trace], _ value: Value
  ) throws -> Trace {
    guard value.isTensorLike, let tensor = try value.asTensor() else {
      let isFlat = elements.count == leaves.count && !elements.contains(where: \.isBracket)
      return Trace(value, items: isFlat ? leaves : nil)
    }
    let text = source.text(in: span)
    if !text.contains(where: { $0.isLetter || $0 == "_" }) {
      let literal = try graph.leaf(text, tensor, at: span, in: source)
      literal.isLiteral = true
      literal.isCaptured = !Node.isShort(text)
      if literal.isCaptured { literal.symbol = "c" }
      return trace(of: literal, as: value)
    }
    let nodes = leaves.compactMap(\.node)
    if nodes.count == leaves.count, nodes.count == elements.count,
      nodes.allSatisfy({ $0.rank == 0 })
    {
      return try operate("bracket", nodes, .init(), value)
    }
    if value.isOnTape, let found = try known(value) { return found }
    return trace(of: try leaf(variable(of: value).tensor, nil), as: value)
  }

  /// The nodes side by side as one tensor.
  ///
  /// - Parameter result: what the machine computed from that tensor.
  func bracket(of nodes: [Node], _ type: ElementType?, for result: Value?) throws -> Node {
    let stacked = try stacked(nodes, for: result)
    return try graph.operate("bracket", nodes, at: span, in: source) { parts in
      if let stacked { return stacked }
      return parts.isEmpty ? Variable(try Tensor.zeros([0], .f64)) : try .stack(parts)
    }
  }

  // MARK: Parts

  /// A place between brackets, with its text as code, nil where it cannot be written; or with the
  /// intermediate that names it.
  private typealias Place = (value: SubscriptValue, text: String?, node: Node?)

  private func index(
    _ base: Trace, _ places: [Place], _ value: Value
  ) throws -> Trace {
    let values = places.map(\.value)
    if let items = try elements(of: base) {
      // Which elements are chosen is the machine's to say: it chooses among their positions.
      let positions = try Value.items(items.indices.map { .number(Double($0)) }).indexed(by: values)
      if case .number(let position) = positions { return items[Int(position)] }
      guard case .list(let chosen) = positions else { return Trace(value) }
      return Trace(value, items: chosen.content.compactMap { $0.asNumber().map { items[Int($0)] } })
    }
    guard base.value.isTensorLike, value.isTensorLike else { return try trace(of: value) }
    var options = Node.Options()
    options.indices = try values.map { try $0.tensorIndex() }
    options.places = places.map(\.text)
    return try operate("index", [node(of: base)] + places.compactMap(\.node), options, value)
  }

  /// The places between brackets; nil where the operands are not all of theirs.
  private func places(
    _ places: [Subscript], _ operands: ArraySlice<Trace>
  ) throws -> [Place]? {
    var rest = operands
    var count = 0
    let found = try places.map { place -> Place? in
      switch place {
      case .ellipsis: return (.ellipsis, "...", nil)
      case .index(let expression) where expression.isNone: return (.newAxis, "none", nil)
      case .index:
        guard let place = rest.popFirst() else { return nil }
        let text = Notation.code(of: place.value)
        guard let node = place.node, node.namesPlaces, !node.isCaptured || text == nil else {
          return (.index(place.value), text, nil)
        }
        count += 1
        return (.index(place.value), "$\(count)", node)
      case .slice(let start, let stop, let step, _):
        let bounds = [start, stop, step].map { $0.flatMap { _ in rest.popFirst()?.value } }
        let value = SubscriptValue.slice(start: bounds[0], stop: bounds[1], step: bounds[2])
        return (value, Notation.code(of: [try value.tensorIndex()]), nil)
      }
    }
    return found.contains { $0 == nil } || !rest.isEmpty ? nil : found.compactMap { $0 }
  }

  private func field(_ name: String, _ base: Trace, _ value: Value) throws -> Trace {
    if base.value.isTensorLike {
      if name == "T" { return try transpose(base, value) }
      if name == "shape" {
        return Trace(value, items: try lengths(of: node(of: base)))
      }
      return try trace(of: value)
    }
    guard let text = base.text else { return try trace(of: value) }
    return try variable(
      value, text + "." + name, isLocal: thunk.isLocal(text.placeRoot))
  }

  /// The lengths of a tensor's axes, which formulas call by their names.
  func lengths(of node: Node) throws -> [Trace] {
    try node.axes.map { axis in
      let length = try graph.number(Double(axis.size), at: span, in: source)
      length.dimension = axis
      return Trace(.number(Double(axis.size)), node: length)
    }
  }
}

extension BinaryOperator {
  /// Whether a derivative passes through it; none does through a comparison.
  var isDifferentiable: Bool {
    switch self {
    case .add, .subtract, .multiply, .divide, .power, .matmul, .remainder: true
    case .equal, .notEqual, .less, .lessOrEqual, .greater, .greaterOrEqual, .contains: false
    }
  }
}

extension Expression {
  /// Whether it is written as `[…]`.
  var isBracket: Bool { if case .bracket = kind { true } else { false } }

  fileprivate var isNone: Bool { if case .none = kind { true } else { false } }

  /// The values of a bracket literal, those of the brackets in it too.
  fileprivate var leafCount: Int {
    guard case .bracket(let elements) = kind else { return 1 }
    guard !elements.isEmpty, elements.allSatisfy(\.isBracket) else { return elements.count }
    return elements.reduce(0) { $0 + $1.leafCount }
  }
}

extension Node {
  /// Whether it stands between brackets by its name or formula: a mask or a list of positions.
  fileprivate var namesPlaces: Bool { rank > 0 && !isLiteral && !isOnPath }
}

extension Value {
  /// Whether it is being differentiated.
  var isOnTape: Bool { if case .traced = self { true } else { false } }
}
