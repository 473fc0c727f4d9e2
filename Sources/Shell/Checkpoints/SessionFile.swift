import Files
import Language
import Library
import Networks
import Syntax
import Tensors

/// All variables of a session in a file: tensors by names of their own, functions as their code, and
/// for each variable a note with an expression that is made of these.
enum SessionFile {
  private static let version = "1"
  private static let note = "session"
  /// Before the name of each variable in its note.
  static let variable = "variable "
  /// The names in their order, each on a line.
  private static let order = "variables"
  /// Where the random numbers stand.
  private static let random = "random"

  /// Whether a file's notes are a session's.
  static func isSession(_ notes: [String: String]) -> Bool { notes[note] != nil }

  /// - Returns: what goes into the file, and the variables that cannot be written, with the reason.
  static func contents(
    of variables: [(name: String, value: Value)], _ random: RandomState
  ) throws -> (contents: FileContents, leftOut: [(name: String, reason: String)]) {
    var writer = SessionWriter()
    var leftOut: [(name: String, reason: String)] = []
    var names: [String] = []
    for (name, value) in variables {
      do {
        writer.notes[variable + name] = try writer.text(of: value)
        names.append(name)
      } catch let error as SessionWriter.Unwritable {
        leftOut.append((name, error.reason))
      }
    }
    writer.notes[note] = version
    let generator = random.generator
    writer.notes[Self.random] = "\(generator.seed) \(generator.stream) \(generator.counter)"
    writer.notes[order] = names.joined(separator: "\n")
    return (.parameters(writer.tensors, notes: writer.notes), leftOut)
  }

  // MARK: a single value

  /// The note of a file that holds one value, and not a session.
  private static let single = "value"

  /// What goes into a file that holds this value alone, with all that it is made of.
  ///
  /// - Throws: where it holds what cannot be written.
  static func contents(of value: Value) throws -> FileContents {
    var writer = SessionWriter()
    do {
      writer.notes[single] = try writer.text(of: value)
    } catch let error as SessionWriter.Unwritable {
      throw RuntimeError.other("\(value.kindPhrase) cannot be saved: \(error.reason)", hint: nil)
    }
    return .parameters(writer.tensors, notes: writer.notes)
  }

  /// The value that a file holds alone; nil where it holds something else.
  static func value(
    from tensors: [NamedTensor], notes: [String: String], on machine: Machine
  ) throws -> Value? {
    guard let text = notes[single] else { return nil }
    guard let expression = try? Parser.parseExpression(SourceText(text, name: single)) else {
      throw SessionReader.unreadable(single)
    }
    return try SessionReader(tensors, notes, machine).value(of: expression, named: single)
  }

  // MARK: sessions

  /// The random numbers of a file's session, where it tells.
  static func generator(in notes: [String: String]) -> RandomGenerator? {
    let numbers = (notes[random] ?? "").split(separator: " ").compactMap { UInt64($0) }
    guard numbers.count == 3 else { return nil }
    return RandomGenerator(seed: numbers[0], stream: numbers[1], counter: numbers[2])
  }

  /// The variables that a file holds, in their order.
  ///
  /// - Throws: where a note is none of a session, before any variable has changed.
  static func variables(
    from tensors: [NamedTensor], notes: [String: String], on machine: Machine
  ) throws -> [(name: String, value: Value)] {
    guard notes[note] == version else {
      throw RuntimeError.other(
        "the file holds a session of form \(notes[note] ?? "?"), and this nnsh reads form \(version)",
        hint: "load it with the nnsh that wrote it, or a later one")
    }
    let names = (notes[order] ?? "").split(separator: "\n").map(String.init)
    let expressions = try names.map { name -> (name: String, expression: Expression) in
      guard let text = notes[variable + name],
        let expression = try? Parser.parseExpression(SourceText(text, name: "session")),
        case .name? = try? Parser.parseExpression(SourceText(name, name: "session")).kind
      else { throw SessionReader.unreadable(name) }
      return (name, expression)
    }
    let reader = SessionReader(tensors, notes, machine)
    // Functions come first: layers and losses of networks may be made of them.
    let functions = expressions.filter { SessionReader.isFunction($0.expression) }
    let before = functions.map {
      machine.globals.isUserDefined($0.name) ? machine.globals[$0.name] : nil
    }
    do {
      for (name, expression) in functions {
        machine.globals[name] = try reader.value(of: expression, named: name)
      }
      return try expressions.map { name, expression in
        if SessionReader.isFunction(expression) { return (name, machine.globals[name] ?? .none) }
        return (name, try reader.value(of: expression, named: name))
      }
    } catch {
      for (function, old) in zip(functions, before) { machine.globals[function.name] = old }
      throw error
    }
  }
}

/// Writes values as expressions, and what they hold as tensors and notes.
struct SessionWriter {
  /// Why a value cannot be written.
  struct Unwritable: Error {
    let reason: String
  }

  var tensors: [NamedTensor] = []
  var notes: [String: String] = [:]
  private var count = 0
  private static let deepest = 200

  init() {}

  mutating func text(of value: Value, depth: Int = 0) throws -> String {
    guard depth < Self.deepest else { throw Unwritable(reason: "it is nested too deeply") }
    switch value {
    case .none: return "none"
    case .bool(let bool): return "\(bool)"
    case .number(let number): return Self.digits(number)
    case .string(let box): return Self.quoted(box.content)
    case .tensor(let box): return call("tensor", add(box.content))
    case .traced: throw Unwritable(reason: "it is being differentiated")
    case .list(let box): return try text(ofList: box.content, depth)
    case .record(let box):
      let fields = try zip(box.content.names, box.content.values).map { name, value in
        "\(Self.quoted(name)), \(try text(of: value, depth: depth + 1))"
      }
      return "record(\(fields.joined(separator: ", ")))"
    case .table(let box):
      let columns = try zip(box.content.names, box.content.columns.values).map { name, value in
        "\(Self.quoted(name)), \(try text(of: value, depth: depth + 1))"
      }
      return "table(\(columns.joined(separator: ", ")))"
    case .range(let box):
      let range = box.content
      let numbers = [range.lower, range.upper, range.step].map(Self.digits)
      return "range(\(numbers.joined(separator: ", ")), \(range.isInclusive))"
    case .function(let function): return try text(of: function, depth)
    case .network(let box): return call("network", try add(box.content.network))
    case .optimizer(let box): return try text(of: box.content)
    case .schedule(let box): return call("code", box.content.description)
    case .dataSet(let box):
      let set = box.content
      let parts = try [set.train, set.valid, set.test].map {
        try text(of: .split(Box($0)), depth: depth + 1)
      }
      let names = try text(of: .items(set.names.map { .text($0) }), depth: depth + 1)
      return "dataset(\(Self.quoted(set.name)), \(parts.joined(separator: ", ")), \(names))"
    case .split(let box):
      let split = box.content
      let parts = [split.x, split.y, split.labels, split.weights].map { tensor in
        tensor.map { call("tensor", add($0)) } ?? "none"
      }
      let sizes = split.imageDimensions.map(String.init)
      return "split(\(parts.joined(separator: ", ")), list(\(sizes.joined(separator: ", "))))"
    }
  }

  /// A list of many numbers is a tensor in the file.
  private mutating func text(ofList values: [Value], _ depth: Int) throws -> String {
    if values.count > 16, values.allSatisfy({ if case .number = $0 { true } else { false } }) {
      let numbers = values.compactMap { $0.asNumber() }
      return call("numbers", add(try Tensor(doubles: numbers, elementType: .f64)))
    }
    return "list(\(try values.map { try text(of: $0, depth: depth + 1) }.joined(separator: ", ")))"
  }

  private mutating func text(of function: Function, _ depth: Int) throws -> String {
    switch function.origin {
    case .builtin(let builtin): return call("builtin", builtin.declaration.name)
    case .composed(let steps):
      let parts = try steps.map { try text(of: $0, depth: depth + 1) }
      return "composed(\(parts.joined(separator: ", ")))"
    case .user:
      guard function.isWithoutCaptures, let (source, span) = function.definition else {
        throw Unwritable(reason: "a function that uses variables of the function around it")
      }
      return call("code", source.text(in: span))
    }
  }

  private mutating func text(of optimizer: Optimizer) throws -> String {
    let state = optimizer.state
    var parts = [Self.quoted(optimizer.description), Self.digits(Double(state.steps))]
    for buffers in state.buffers {
      parts.append("list(\(buffers.map { call("tensor", add($0)) }.joined(separator: ", ")))")
    }
    return "optimizer(\(parts.joined(separator: ", ")))"
  }

  private mutating func add(_ tensor: Tensor) -> String {
    count += 1
    tensors.append(NamedTensor(name: "t\(count)", tensor: tensor))
    return "t\(count)"
  }

  private mutating func add(_ network: Network) throws -> String {
    count += 1
    let prefix = "n\(count)/"
    let (own, texts): ([NamedTensor], [String: String])
    do {
      (own, texts) = try NetworkFile.contents(of: network, withTraining: true)
    } catch let error as NetworkError {
      throw Unwritable(reason: error.message)
    }
    tensors += own.map { NamedTensor(name: prefix + $0.name, tensor: $0.tensor) }
    for (name, text) in texts { notes[prefix + name] = text }
    return prefix
  }

  private func call(_ name: String, _ text: String) -> String { "\(name)(\(Self.quoted(text)))" }

  private static func digits(_ number: Double) -> String {
    if number.isNaN { return "nan" }
    if number.isInfinite { return number < 0 ? "-inf" : "inf" }
    return Int(exactly: number).map { number.sign == .minus && $0 == 0 ? "-0" : String($0) }
      ?? String(number)
  }

  /// A string as code: braces would be interpolation.
  private static func quoted(_ string: String) -> String {
    var text = "\""
    for scalar in string.unicodeScalars {
      switch scalar {
      case "\n": text += "\\n"
      case "\t": text += "\\t"
      case "\"", "\\": text += "\\" + String(scalar)
      case "{": text += "{{"
      case "}": text += "}}"
      case _ where scalar.value < 0x20 || scalar.value == 0x7F:
        text += "\\u{" + String(scalar.value, radix: 16) + "}"
      default: text.unicodeScalars.append(scalar)
      }
    }
    return text + "\""
  }
}
