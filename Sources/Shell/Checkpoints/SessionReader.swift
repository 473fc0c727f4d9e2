import Datasets
import Files
import Language
import Library
import Networks
import Syntax
import Tensors

/// Makes values of the expressions that a session's file holds; see `SessionWriter`. Code of
/// functions is compiled, and runs when they are called.
struct SessionReader {
  private let tensors: [String: Tensor]
  private let networks: [String: (tensors: [NamedTensor], notes: [String: String])]
  private let machine: Machine

  init(_ tensors: [NamedTensor], _ notes: [String: String], _ machine: Machine) {
    self.machine = machine
    var found: [String: Tensor] = [:]
    var networks: [String: (tensors: [NamedTensor], notes: [String: String])] = [:]
    func network(_ name: String) -> (prefix: String, rest: String)? {
      guard name.hasPrefix("n"), let slash = name.firstIndex(of: "/") else { return nil }
      return (String(name[...slash]), String(name[name.index(after: slash)...]))
    }
    for tensor in tensors {
      guard let (prefix, rest) = network(tensor.name) else {
        found[tensor.name] = tensor.tensor
        continue
      }
      networks[prefix, default: ([], [:])].tensors.append(
        NamedTensor(name: rest, tensor: tensor.tensor))
    }
    for (name, text) in notes where !name.hasPrefix(SessionFile.variable) {
      if let (prefix, rest) = network(name) {
        networks[prefix, default: ([], [:])].notes[rest] = text
      }
    }
    self.tensors = found
    self.networks = networks
  }

  static func unreadable(_ name: String) -> RuntimeError {
    .other("the file's note of the variable \(name) cannot be read", hint: nil)
  }

  /// Whether an expression of a file is a function's code.
  static func isFunction(_ expression: Expression) -> Bool {
    guard case .call(let callee, _) = expression.kind, case .name("code") = callee.kind else {
      return false
    }
    return true
  }

  /// - Parameter name: of the variable, for errors, and for functions that have none.
  func value(of expression: Expression, named name: String) throws -> Value {
    switch expression.kind {
    case .none: return .none
    case .bool(let bool): return .bool(bool)
    case .number(let number): return .number(number)
    case .string(let text): return .text(text)
    case .name("inf"): return .number(.infinity)
    case .name("nan"): return .number(.nan)
    case .unary(.negate, let operand):
      guard case .number(let number) = try value(of: operand, named: name) else { break }
      return .number(-number)
    case .call(let callee, let arguments):
      guard case .name(let kind) = callee.kind else { break }
      if let made = try made(kind, arguments.map(\.value), name) { return made }
    default: break
    }
    throw Self.unreadable(name)
  }

  private func made(_ kind: String, _ parts: [Expression], _ name: String) throws -> Value? {
    func values() throws -> [Value] { try parts.map { try value(of: $0, named: name) } }
    switch kind {
    case "list": return .items(try values())
    case "record": return record(try values())
    case "table":
      guard case .record(let box)? = record(try values()) else { return nil }
      return .table(
        Box(try DataTable(zip(box.content.names, box.content.values).map { ($0, $1) })))
    case "composed": return .function(Function(composing: try values()))
    case "range": return range(try values())
    case "optimizer": return try optimizer(try values())
    case "dataset": return dataSet(try values())
    case "split": return split(try values())
    default: break
    }
    guard case .string(let text)? = parts.first?.kind, parts.count == 1 else { return nil }
    switch kind {
    case "tensor": return tensors[text].map { .tensor(Box($0)) }
    case "numbers": return tensors[text].map { .items($0.doubles().map { .number($0) }) }
    case "builtin": return Builtin.named(text).map { .function(Function($0)) }
    case "code": return try code(text, name)
    case "network":
      guard let (tensors, notes) = networks[text] else { return nil }
      return try NetworkFile.network(from: tensors, notes: notes, on: machine)
        .map { .network(Box(NetworkValue($0))) }
    default: return nil
    }
  }

  /// A function, or a schedule.
  private func code(_ text: String, _ name: String) throws -> Value? {
    let definition = try? machine.compile(SourceText(text, name: "session"))
    guard let program = definition, program.statements.count == 1 else { return nil }
    switch program.statements[0].kind {
    case .function(let function):
      guard let own = function.name?.text else { return nil }
      let before = machine.globals.isUserDefined(own) ? machine.globals[own] : nil
      try machine.run(program)
      defer { if own != name { machine.globals[own] = before } }
      return machine.globals[own]
    case .expression(let expression):
      switch expression.kind {
      case .function, .call, .number, .name: break
      default: return nil
      }
      return try CheckpointCode.value(of: text, on: machine, allowingBlocks: true)
    default: return nil
    }
  }

  private func record(_ parts: [Value]) -> Value? {
    var record = Record()
    for index in stride(from: 0, to: parts.count - 1, by: 2) {
      guard case .string(let key) = parts[index] else { return nil }
      record[key.content] = parts[index + 1]
    }
    return .record(RecordBox(record))
  }

  private func range(_ parts: [Value]) -> Value? {
    let numbers = parts.compactMap { $0.asNumber() }
    guard parts.count == 4, numbers.count >= 3, case .bool(let isInclusive) = parts[3] else {
      return nil
    }
    return .range(
      Box(
        NumberRange(
          lower: numbers[0], upper: numbers[1], step: numbers[2], isInclusive: isInclusive)))
  }

  private func optimizer(_ parts: [Value]) throws -> Value? {
    guard parts.count >= 2, case .string(let code) = parts[0], let steps = parts[1].asNumber(),
      let count = Int(exactly: steps),
      case .optimizer(let box) = try CheckpointCode.value(of: code.content, on: machine)
    else { return nil }
    var optimizer = box.content
    var state = OptimizerState()
    if count > 0 {
      state.rule = optimizer.name
      state.steps = count
      for part in parts.dropFirst(2) {
        guard case .list(let list) = part else { return nil }
        state.buffers.append(try list.content.compactMap { try $0.asTensor() })
      }
    }
    optimizer.state = state
    return .optimizer(Box(optimizer))
  }

  private func dataSet(_ parts: [Value]) -> Value? {
    guard parts.count == 5, case .string(let name) = parts[0], case .list(let names) = parts[4]
    else { return nil }
    let splits = parts[1...3].compactMap { part in
      if case .split(let box) = part { box.content } else { nil }
    }
    guard splits.count == 3 else { return nil }
    return .dataSet(
      Box(
        DataSet(
          name: name.content, train: splits[0], valid: splits[1], test: splits[2],
          names: names.content.compactMap {
            if case .string(let box) = $0 { box.content } else { nil }
          }
        )))
  }

  private func split(_ parts: [Value]) -> Value? {
    func tensor(_ index: Int) -> Tensor? {
      if case .tensor(let box) = parts[index] { box.content } else { nil }
    }
    guard parts.count == 5, let x = tensor(0), let y = tensor(1), case .list(let sizes) = parts[4]
    else { return nil }
    let image = sizes.content.compactMap { $0.asNumber().flatMap { Int(exactly: $0) } }
    guard image.isEmpty || image.reduce(1, *) == x.shape.dimensions.last else { return nil }
    return .split(
      Box(Split(x: x, y: y, labels: tensor(2), imageDimensions: image, weights: tensor(3))))
  }
}
