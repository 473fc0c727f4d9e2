import Runtime
import Syntax

/// The shapes that builtins give.
extension ShapeInference {
  /// The arguments of a call, by the places of the builtin's parameters.
  private struct Given {
    var values: [Inferred?]
    let names: [String]

    /// The whole number given for a parameter.
    func count(_ name: String) -> Int? {
      guard let place = names.firstIndex(of: name), values.indices.contains(place),
        case .number(let value?)? = values[place], let count = Int(exactly: value), count >= 0
      else { return nil }
      return count
    }

    subscript(place: Int) -> Inferred? { values.indices.contains(place) ? values[place] : nil }
  }

  func infer(call callee: Expression, _ arguments: [Argument], piped: Inferred?) -> Inferred? {
    guard case .name(let name) = callee.kind, !machine.globals.isUserDefined(name) else {
      // A variable that is called: a network, if its shape is to be known.
      guard case .layer(let apply)? = infer(callee),
        case .tensor(let rows)? = piped ?? arguments.first.flatMap({ infer($0.value) })
      else { return nil }
      return apply(rows).map { .tensor($0) }
    }
    let declaration =
      Builtin.named(name)?.declaration ?? Prelude.declarations.first { $0.name == name }
    guard let declaration else { return nil }
    var given = Given(values: [], names: declaration.parameters.map(\.name))
    if let piped { given.values.append(piped) }
    for argument in arguments {
      let value = infer(argument.value)
      guard let label = argument.name?.text else {
        given.values.append(value)
        continue
      }
      guard let place = given.names.firstIndex(of: label) else { return nil }
      while given.values.count <= place { given.values.append(nil) }
      given.values[place] = value
    }
    switch declaration.group {
    case .layers: return layer(name, given)
    case .make: return made(name, given)
    case .elementwise: return elementwise(given)
    case .reduce: return reduced(name, given)
    case .losses: return name == "confusion" ? nil : .number(nil)
    default: return other(name, given)
    }
  }

  // MARK: layers

  private func layer(_ name: String, _ given: Given) -> Inferred? {
    switch name {
    case "dense":
      guard let outputs = given.count("out") ?? given.count("in") else { return nil }
      return .layer { [$0?.first ?? .symbol("N"), .known(outputs)] }
    case "conv2d":
      guard let inputs = given.count("in"), let outputs = given.count("out") else { return nil }
      let isPlain = given.values.count <= 3
      return .layer { rows in
        var rows = Self.images(rows, channels: inputs)
        if !isPlain { (rows[1], rows[2]) = (.symbol("H′"), .symbol("W′")) }
        rows[3] = .known(outputs)
        return rows
      }
    case "max_pool", "avg_pool":
      let size = given.values.isEmpty ? 2 : given.count("size") ?? 0
      guard size > 0 else { return nil }
      return .layer { rows in
        guard var rows, rows.count == 4 else { return nil }
        for axis in 1...2 {
          switch rows[axis] {
          case .known(let count): rows[axis] = .known(count / size)
          case .symbol(let letter): rows[axis] = .symbol("\(letter)/\(size)")
          }
        }
        return rows
      }
    case "dropout", "batch_norm", "residual": return .layer { $0 }
    default: return nil
    }
  }

  /// Rows as height×width×channels: square where a row is flat.
  private static func images(_ rows: [Extent]?, channels: Int) -> [Extent] {
    guard let rows, let count = rows.first else {
      return [.symbol("N"), .symbol("H"), .symbol("W"), .known(channels)]
    }
    if rows.count == 4 { return rows }
    if rows.count == 2, case .known(let width) = rows[1], channels > 0 {
      let side = Int(Double(width / channels).squareRoot())
      if side * side * channels == width {
        return [count, .known(side), .known(side), .known(channels)]
      }
    }
    return [count, .symbol("H"), .symbol("W"), .known(channels)]
  }

  // MARK: tensors

  private func made(_ name: String, _ given: Given) -> Inferred? {
    switch name {
    case "zeros", "ones", "rand", "randn":
      return sizes(given.values)
    case "full": return sizes(Array(given.values.dropLast()))
    case "eye":
      return given.count(given.names.first ?? "").map {
        .tensor([.known($0), .known($0)])
      }
    case "xavier", "he":
      guard let first = size(given[0]), let second = size(given[1]) else { return nil }
      return .tensor([first, second])
    case "f32", "f64", "tensor": return given[0]
    case "one_hot":
      guard case .tensor(let labels)? = given[0], let classes = size(given[1]) else { return nil }
      return .tensor(labels + [classes])
    default: return nil
    }
  }

  private func size(_ value: Inferred?) -> Extent? {
    guard case .number(let number?)? = value, let count = Int(exactly: number), count >= 0 else {
      return nil
    }
    return .known(count)
  }

  private func sizes(_ values: [Inferred?]) -> Inferred? {
    guard !values.isEmpty else { return nil }
    let sizes = values.compactMap { size($0) }
    return sizes.count == values.count ? .tensor(sizes) : nil
  }

  private func elementwise(_ given: Given) -> Inferred? {
    guard var result = given[0] else { return nil }
    if case .layer = result { return nil }
    for value in given.values.dropFirst() {
      guard let value, let next = broadcast(result, value) else { return nil }
      result = next
    }
    return result
  }

  private func reduced(_ name: String, _ given: Given) -> Inferred? {
    guard case .tensor(let shape)? = given[0] else { return nil }
    if ["cumsum", "sort", "argsort"].contains(name) { return given[0] }
    guard !["unique", "bincount", "norm"].contains(name) else { return nil }
    if given.values.count == 1 { return .number(nil) }
    guard given.values.count == 2, let place = given.names.firstIndex(of: "axis"),
      case .number(let value?)? = given[place], let axis = Int(exactly: value)
    else { return nil }
    let kept = axis < 0 ? shape.count + axis : axis
    guard shape.indices.contains(kept) else { return nil }
    var rest = shape
    rest.remove(at: kept)
    return rest.isEmpty ? .number(nil) : .tensor(rest)
  }

  private func other(_ name: String, _ given: Given) -> Inferred? {
    switch name {
    case "relu", "gradRelu", "softmax": return tensor(given[0])
    case "averageCE", "len", "size", "ndim", "trace": return .number(nil)
    case "gradCE": return elementwise(given)
    case "compute":
      guard let x = given[0], let weights = given[1] else { return nil }
      return product(x, weights)
    case "matmul":
      guard let a = given[0], let b = given[1] else { return nil }
      return product(a, b)
    case "dL_dW_o", "dL_db_o", "dL_dW_h", "dL_db_h": return gradient(name, given)
    case "reshape": return sizes(Array(given.values.dropFirst()))
    case "transpose":
      guard case .tensor(let shape)? = given[0], given.values.count == 1 else { return nil }
      return .tensor(shape.reversed())
    case "flatten":
      guard case .tensor(let shape)? = given[0] else { return nil }
      return Self.flattened(shape).map { .tensor($0) }
    default: return nil
    }
  }

  private func tensor(_ value: Inferred?) -> Inferred? {
    if case .layer? = value { nil } else { value }
  }

  /// The shape of the weights that a gradient belongs to.
  private func gradient(_ name: String, _ given: Given) -> Inferred? {
    let place: (String) -> Inferred? = { parameter in
      given.names.firstIndex(of: parameter).flatMap { given[$0] }
    }
    switch name {
    case "dL_dW_o":
      guard case .tensor(let h)? = place("h"), case .tensor(let y)? = given[0], h.count == 2,
        y.count == 2
      else { return nil }
      return .tensor([h[1], y[1]])
    case "dL_db_o":
      guard case .tensor(let y)? = given[0], y.count == 2 else { return nil }
      return .tensor([.known(1), y[1]])
    case "dL_dW_h": return tensor(place("W_h"))
    default: return tensor(place("b_h"))
    }
  }
}
