import Language
import Library
import Networks
import Platform
import Tensors

extension Command {
  static let sample = Command(
    "sample", "writes text by a model of characters",
    details: """
      The model takes the codes of characters, N×T (or one-hot rows, N×T×K), and gives for each text, \
      or for each step of it, a distribution over the K characters that may follow. names= says which \
      characters these are, in the order of their codes; TEXT is then the beginning, which is gone on \
      with. Without it they are those of the data that the network was trained on, if it named them, \
      or else those of TEXT in the order of codes(chars(TEXT)).
      """,
    arguments: [
      .slot("model", .any, "a network, or a function of codes"),
      .slot("text", after: "from", .any, "the beginning, or the text that was learnt"),
      .option("count", .integer, default: .number(200), misnomers: ["n", "length"], "characters"),
      .option(
        "temperature", .number, default: .number(1),
        "below 1 the likelier ones come oftener; 0 takes the likeliest"),
      .option("names", .list, default: .computed("see above"), "the characters, by their codes"),
      .option(
        "context", .integer, default: .computed("as many as in training"),
        "how many characters the model sees"),
    ],
    result: "a string",
    examples: [
      .init(
        """
        t = "abababab"
        next = x -> one_hot(1 - x[:, -1], 2)
        sample next from "a" count=5 names=["a", "b"]
        """, "ababab")
    ],
    seeAlso: ["codes", "chars", "lstm", "transformer", "multinomial"]
  ) { context in
    var writer = try TextSampler(context)
    let text = try writer.write()
    context.print(text)
    return .text(text)
  }
}

/// Draws one character after the other from what a model gives.
private struct TextSampler {
  private let context: CommandContext
  private let model: Value
  private let names: [String]
  private let beginning: [Int]
  /// Whether the beginning belongs to the text that is written.
  private let showsBeginning: Bool
  private let count: Int
  private let temperature: Double
  private let window: Int
  /// Whether the model takes one-hot rows.
  private let takesRows: Bool

  init(_ context: CommandContext) throws {
    self.context = context
    model = try context.requiredValue("model")
    let value = try context.requiredValue("text")
    guard case .string(let text) = value else { throw context.mismatch("text", "a string", value) }
    guard model.isComposable else {
      throw context.mismatch("model", "a network or a function of codes", model)
    }
    count = try context.count("count") ?? 200
    temperature = try context.number("temperature") ?? 1
    guard temperature >= 0, temperature.isFinite else {
      throw RuntimeError.other("temperature= is a number from 0 up", hint: nil)
    }
    let network =
      if case .network(let box) = model { Optional(box.content.network) } else { Network?.none }
    let given = try context.value("names").map { try Self.names($0, context) }
    let known = given ?? (network?.names.isEmpty ?? true ? nil : network?.names)
    showsBeginning = known != nil
    names = known ?? Self.characters(of: text.content)
    let input = network?.seenInput ?? []
    takesRows = input.count == 2
    window = try context.count("context") ?? (input.first ?? 64)
    guard window <= Self.widestContext else {
      throw context.mismatch(
        "context", "a number of steps up to \(Self.widestContext)", .number(Double(window)))
    }
    beginning = try Self.codes(text.content.suffix(showsBeginning ? .max : window), names, context)
    guard !beginning.isEmpty else {
      throw RuntimeError.other(
        "there is nothing to begin with: the text is empty", hint: "write sample net from \"A\"")
    }
    if let network, let outputs = try? network.outputShape(for: input).last, !input.isEmpty,
      outputs != names.count
    {
      throw RuntimeError.other(
        "the model tells \(outputs) characters apart, and there are \(names.count) names",
        hint: Self.advice(naming: outputs, context)
          ?? "write names=c.names, where c = codes(chars(text)) made the codes it was trained on")
    }
  }

  /// Steps beyond the text are filled up for a model that asks for so many.
  private static let widestContext = 1 << 20

  /// The command with the characters named by a variable that holds as many; nil where none does.
  private static func advice(naming count: Int, _ context: CommandContext) -> String? {
    guard let names = variable(ofCharacters: count, context), !context.has("names") else {
      return nil
    }
    let parts = ["model", "text"].compactMap { context.command.first($0) }
    let texts = parts.map { context.sourceText($0) }
    return "write sample \(texts.joined(separator: " from ")) names=\(names)"
  }

  /// A variable that holds as many different characters, or a record of `codes` that does.
  private static func variable(ofCharacters count: Int, _ context: CommandContext) -> String? {
    func areThey(_ value: Value?) -> Bool {
      guard case .list(let box)? = value, box.content.count == count else { return false }
      let texts = box.content.compactMap { item -> String? in
        if case .string(let text) = item, text.content.unicodeScalars.count == 1 {
          return text.content
        }
        return nil
      }
      return Set(texts).count == count
    }
    for (name, value) in context.machine.globals.userDefined {
      if areThey(value) { return name }
      if case .record(let box) = value, areThey(box[TextBox("names")]) { return "\(name).names" }
    }
    return nil
  }

  private static func names(_ value: Value, _ context: CommandContext) throws -> [String] {
    guard case .list(let box) = value else {
      throw context.mismatch("names", "a list of characters", value)
    }
    return try box.content.map { item in
      guard case .string(let name) = item else {
        throw context.mismatch("names", "a list of characters", value)
      }
      return name.content
    }
  }

  /// In the order of their first appearance, as `codes` numbers them.
  private static func characters(of text: String) -> [String] {
    var (found, seen): ([String], Set<Unicode.Scalar>) = ([], [])
    for scalar in text.unicodeScalars where seen.insert(scalar).inserted {
      found.append(String(scalar))
    }
    return found
  }

  private static func codes(
    _ text: Substring, _ names: [String], _ context: CommandContext
  ) throws -> [Int] {
    var places: [String: Int] = [:]
    for (place, name) in names.enumerated() where places[name] == nil { places[name] = place }
    return try text.unicodeScalars.map { scalar in
      guard let place = places[String(scalar)] else {
        throw RuntimeError.other(
          "the model does not know the character \"\(scalar)\"",
          hint: advice(naming: names.count, context)
            ?? "it knows \(names.prefix(40).joined())")
      }
      return place
    }
  }

  mutating func write() throws -> String {
    var codes = beginning
    var written = showsBeginning ? beginning.map { names[$0] } : []
    for _ in 0..<count {
      try Interrupt.check()
      let next = try choose(distribution(after: codes))
      codes.append(next)
      written.append(names[next])
    }
    return written.joined()
  }

  /// What may follow: the logarithm of a weight for each character.
  private func distribution(after codes: [Int]) throws -> [Double] {
    var seen = Array(codes.suffix(window))
    if case .network(let box) = model,
      box.content.network.inputNeedsLength(seen.count, takesRows ? names.count : nil)
    {
      // A network for texts of one length sees code 0 before the beginning.
      seen = Array(repeating: 0, count: max(0, window - seen.count)) + seen
    }
    let shape = try Shape(checking: takesRows ? [1, seen.count, names.count] : [1, seen.count])
    var numbers = seen.map(Double.init)
    if takesRows {
      numbers = seen.flatMap { code in (0..<names.count).map { $0 == code ? 1 : 0 } }
    }
    let input = Value(try Tensor(doubles: numbers, shape, elementType: .f32))
    let output = try context.machine.call(model, [input])
    guard let tensor = try output.asTensor(), tensor.count >= names.count,
      tensor.shape.dimensions.last == names.count
    else {
      throw RuntimeError.other(
        "the model gives \(output.kindPhrase), and a distribution over \(names.count) characters "
          + "is needed", hint: nil)
    }
    let last = Array(try tensor.guardedDoubles().suffix(names.count))
    guard last.allSatisfy({ !$0.isNaN }) else {
      throw RuntimeError.other("the model gives nan: it has not learnt anything", hint: nil)
    }
    let areProbabilities = last.allSatisfy { $0 >= 0 } && abs(last.reduce(0, +) - 1) < 1e-3
    return areProbabilities ? last.map { log($0) } : last
  }

  private func choose(_ logits: [Double]) -> Int {
    let greatest = logits.max() ?? 0
    guard temperature > 0 else { return logits.firstIndex(of: greatest) ?? 0 }
    let weights = logits.map { exp(($0 - greatest) / temperature) }
    let target = context.machine.random.generator.uniform() * weights.reduce(0, +)
    var sum = 0.0
    for (place, weight) in weights.enumerated() {
      sum += weight
      if sum > target { return place }
    }
    return weights.lastIndex { $0 > 0 } ?? 0
  }
}

extension Network {
  /// Whether it does not take texts of so many steps.
  fileprivate func inputNeedsLength(_ steps: Int, _ features: Int?) -> Bool {
    (try? outputShape(for: [steps] + (features.map { [$0] } ?? []))) == nil
  }
}
