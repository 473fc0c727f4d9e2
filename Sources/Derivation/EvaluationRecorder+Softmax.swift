import Operations
import Syntax
import Tensors

// A softmax that is typed by hand is the softmax: with the sum of the exponentials, shifted by the
// row's greatest element or by anything else that is constant along a row, or as a difference to
// the logarithm of that sum. Each of these is an identity, so nothing is assumed.

extension EvaluationRecorder {
  /// The textbook's function that an operation completes, or the operation itself.
  func recognized(_ node: Node) throws -> Node {
    guard isDeriving, node.isOnPath,
      node.rank > 0 || node.operation == "log" || node.operation == "+"
    else { return node }
    switch node.operation {
    case "/": return try quotient(node)
    case "log": return try logarithm(node)
    case "+": return try shiftedBack(node)
    case "-": return try difference(node)
    case "exp": return exponential(node)
    default: return node
    }
  }

  /// exp(z) / Σ exp(z)
  private func quotient(_ node: Node) throws -> Node {
    let numerator = node.inputs[0]
    guard numerator.operation == "exp", node.inputs[1].summedRows === numerator else { return node }
    return try softmax(of: numerator.inputs[0])
  }

  /// log Σ exp(z)
  private func logarithm(_ node: Node) throws -> Node {
    guard let exponentials = node.inputs[0].summand ?? node.inputs[0].summedRows,
      exponentials.operation == "exp"
    else {
      return node
    }
    return try logSumExp(of: exponentials.inputs[0], shape: node.shape)
  }

  /// m + log Σ exp(z − m)
  private func shiftedBack(_ node: Node) throws -> Node {
    for (shift, other) in [(0, 1), (1, 0)].map({ (node.inputs[$0], node.inputs[$1]) }) {
      guard let sum = other.withoutReshaping("logsumexp"), let shifted = sum.inputs.first,
        shifted.operation == "-", node.shape == sum.shape,
        shifted.inputs[1].isAlike(shift), shifted.inputs[0].shape == shifted.shape
      else { continue }
      return try logSumExp(of: shifted.inputs[0], shape: node.shape)
    }
    return node
  }

  /// z − log Σ exp(z), and z − log Σ exp(z − m) − m
  private func difference(_ node: Node) throws -> Node {
    let (whole, part) = (node.inputs[0], node.inputs[1])
    if let sum = part.withoutReshaping("logsumexp"), sum.inputs[0] === whole,
      part.rank == whole.rank || whole.rank == 1
    {
      return try logSoftmax(of: whole)
    }
    guard whole.operation == "-", whole.inputs[1].rank == whole.rank || whole.rank == 1,
      let sum = whole.inputs[1].withoutReshaping("logsumexp"),
      let shifted = sum.inputs.first, shifted.operation == "-",
      shifted.inputs[0] === whole.inputs[0], shifted.inputs[1].isAlike(part),
      node.shape == shifted.inputs[0].shape
    else { return node }
    return try logSoftmax(of: whole.inputs[0])
  }

  /// exp(log p)
  private func exponential(_ node: Node) -> Node {
    guard node.inputs[0].operation == "log", let p = node.inputs[0].inputs.first,
      p.operation == "softmax"
    else { return node }
    return p
  }

  // MARK: What is put in its place

  private func softmax(
    of logits: Node, telling what: String = "the softmax"
  ) throws -> Node {
    let logits = logits.withoutShift
    var text = source.text(in: span)
    if text.first == "(", text.last == ")" { text = String(text.dropFirst().dropLast()) }
    if text.utf8.count <= 60 {
      remarks.append("`\(text)` is \(what): what is constant along a row cancels")
    }
    return try graph.operate("softmax", [logits], at: span, in: source) { try .softmax($0[0]) }
  }

  private func logSoftmax(of logits: Node) throws -> Node {
    try logarithm(of: softmax(of: logits, telling: "the logarithm of the softmax"))
  }

  /// `log_softmax(z)` is log(softmax(z)) along the same axis.
  func logSoftmax(_ logits: Node, _ options: Node.Options) throws -> Node {
    let axis = try logits.shape.normalized(axis: options.integers("axis")?.first ?? -1)
    let p = try graph.operate("softmax", [logits], options, at: span, in: source) { inputs in
      try .softmax(inputs[0], axis: axis)
    }
    register(p)
    return try logarithm(of: p)
  }

  private func logarithm(of p: Node) throws -> Node {
    try graph.operate("log", [p], at: span, in: source) { try .log($0[0]) }
  }

  private func logSumExp(of logits: Node, shape: Shape) throws -> Node {
    var options = Node.Options()
    let last = logits.rank - 1
    let keeps = shape.rank == logits.rank
    options.arguments = [("axis", .number(Double(last))), ("keepdims", .bool(keeps))]
    options.companion = try graph.operate(
      "softmax", [logits.withoutShift], at: span, in: source
    ) { try .softmax($0[0]) }
    return try graph.operate("logsumexp", [logits], options, at: span, in: source) {
      try .logSumExp($0[0], axes: [last], keepDimensions: keeps)
    }
  }
}

extension Node {
  /// What it is the sum of along each row, ready to be broadcast against it.
  fileprivate var summedRows: Node? {
    guard let sum = withoutReshaping("sum"), let input = sum.summand else { return nil }
    return rank == input.rank || input.rank == 1 ? input : nil
  }

  /// What it is the sum of along the last axis.
  fileprivate var summand: Node? {
    guard operation == "sum", let input = inputs.first, reducedAxes == [input.rank - 1] else {
      return nil
    }
    return input
  }

  /// The operation of that name that it is, or is with an axis of length 1 put back.
  fileprivate func withoutReshaping(_ name: String) -> Node? {
    if operation == name { return self }
    guard ["reshape", "expand_dims"].contains(operation), let input = inputs.first,
      input.operation == name, shape.dimensions.last == 1, shape.count == input.shape.count
    else { return nil }
    return input
  }

  /// Without what is subtracted from whole rows.
  fileprivate var withoutShift: Node {
    var node = self
    while node.operation == "-", node.inputs[0].shape == node.shape,
      node.inputs[1].rank == 0
        || node.inputs[1].rank == node.rank && node.inputs[1].shape.dimensions.last == 1
    {
      node = node.inputs[0]
    }
    return node
  }

  /// Whether it is the other, perhaps with an axis of length 1 put in or left out.
  fileprivate func isAlike(_ other: Node) -> Bool {
    if self === other { return true }
    func whole(_ node: Node) -> Node {
      var node = node
      while ["reshape", "expand_dims", "squeeze"].contains(node.operation),
        let input = node.inputs.first
      { node = input }
      return node
    }
    let (a, b) = (whole(self), whole(other))
    if a === b { return true }
    return a.operation == "max" && b.operation == "max" && a.inputs[0] === b.inputs[0]
      && a.reducedAxes == b.reducedAxes
  }
}
