import Datasets
import Files
import Language
import Networks
import Operations
import Tensors

/// Data sets from arrays, and their rows in other orders and portions.
extension Builtin {
  static let dataGroup: [Builtin] = [dataset, split, shuffle, batches, padSequences]

  static let split = Builtin(
    Declaration(
      "split", group: .data,
      "the pieces of a string, or a data set's rows shuffled into new parts",
      details: """
        Of a string the pieces between separators, empty ones too; without a separator the words \
        between white space.

        All rows are pooled and shuffled as by NumPy's np.random.seed(seed); \
        np.random.shuffle(rows), so that published splits can be repeated exactly; the first go to \
        train, the next to valid, the next to test, what remains is left out.
        """,
      parameters: [
        Parameter("d", .any, "a string or a data set"),
        Parameter(
          "train", .any, default: .computed("what the others leave"), isAwaited: true,
          "rows; of a string, the separator"),
        Parameter("valid", .integer, default: .computed("a sixth, or 0"), "rows"),
        Parameter("test", .integer, default: .computed("a sixth, or what is left"), "rows"),
        Parameter("seed", .integer, default: .number(521), "from 0 to 4294967295"),
        Parameter("sep", .any, default: .computed("white space"), "the separator of a string"),
      ],
      result: "a list of strings, or a data set",
      examples: [
        .init("split(\"a,b,,c\", \",\")", "[\"a\", \"b\", \"\", \"c\"]"),
        .init(
          "split(dataset(arange(6), [0, 1, 0, 1, 0, 1]), train=4, valid=1, test=1)",
          "data  1 feature, 2 classes (0, 1)   train 4 · valid 1 · test 1"),
      ],
      seeAlso: ["dataset", "shuffle", "batches", "join", "lines"]),
    direct: DirectCall(
      {
        guard case .string(let text) = $0 else { return nil }
        return .items(try text.words())
      },
      two: { text, separator in
        guard case .string(let text) = text, case .string(let separator) = separator,
          separator.byteCount > 0
        else { return nil }
        return .items(try text.pieces(separatedBy: separator))
      })
  ) { arguments, _ in
    if case .string(let text) = arguments[0] {
      return .items(try arguments.pieces(of: text, separatedBy: arguments.isGiven(1) ? 1 : 5))
    }
    guard case .dataSet(let box) = arguments[0] else {
      throw arguments.mismatch(0, expected: "a string or a data set")
    }
    if arguments.isGiven(5) { throw arguments.mismatch(0, expected: "a string") }
    let set = try box.content.splitting(
      train: arguments.optionalInteger(1), valid: arguments.optionalInteger(2),
      test: arguments.optionalInteger(3), seed: arguments.legacySeed(4))
    return .dataSet(Box(set))
  }

  static let shuffle = Builtin(
    Declaration(
      "shuffle", group: .data, "the rows or elements in a random order",
      details: """
        Of a data set the rows within each of its parts. With a seed the order is that of NumPy's \
        np.random.seed(seed); np.random.shuffle(rows); without one it is drawn from the session's \
        random numbers.
        """,
      parameters: [
        Parameter("x", .any, "a tensor, list, range, table, data set or one of its parts"),
        Parameter("seed", .integer, default: Parameter.Default.none, "from 0 to 4294967295"),
      ],
      result: "of x's kind; a list for a range",
      examples: [.init("shuffle(arange(5), seed=1)", "5 tensor f32\n  2  1  4  0  3")],
      seeAlso: ["split", "batches", "seed"]),
    differentiation: .differentiable
  ) { arguments, interpreter in
    let seed = try arguments.optionalNumber(1) == nil ? nil : arguments.legacySeed(1)
    return try shuffled(arguments) { count in
      try MemoryGuard.check(elements: Double(count), bytesEach: 24)
      if let seed { return LegacyMersenneTwister.legacyShuffle(count, seed: seed) }
      return try interpreter.random.generator.guardedPermutation(count)
    }
  }

  private static func shuffled(
    _ arguments: borrowing Arguments, _ order: (Int) throws -> [Int]
  ) throws -> Value {
    switch arguments[0] {
    case .table(let box): return .table(Box(try box.content.rows(order(box.content.count))))
    case .dataSet(let box):
      // The order is drawn before: the session's random numbers may be refused.
      let orders = try [box.content.train, box.content.valid, box.content.test].map {
        try order($0.count)
      }
      return .dataSet(
        Box(
          try box.content.rearranged { (parts) throws(DataError) in
            DataSet.Parts(
              train: try parts.train.selecting(orders[0]),
              valid: try parts.valid.selecting(orders[1]),
              test: try parts.test.selecting(orders[2]))
          }))
    case .split(let box): return .split(Box(try box.content.selecting(order(box.content.count))))
    case .list, .range:
      let items = try arguments.sequence(0)
      return try .items(order(items.count).map { items[$0] })
    case .tensor, .traced:
      let x = try arguments.variable(0)
      guard x.rank > 0 else { fallthrough }
      let positions = try order(x.shape[0]).map(Double.init)
      return Value(try .subscripted(x, [.gather(Tensor(positions))]))
    default: throw arguments.mismatch(0, expected: "a tensor, list, range, data set or part of one")
    }
  }

  static let batches = Builtin(
    Declaration(
      "batches", group: .data, "the rows in portions of a given size",
      details: """
        The last one may be smaller. Of a data set its train part is taken. Nothing is copied; \
        shuffle first for another order in each epoch.
        """,
      parameters: [
        Parameter("data", .any, "a data set, one of its parts, a record {x, y}, or a tensor"),
        Parameter("size", .integer, default: .number(128), "rows in each"),
      ],
      result: "a list of parts with .x and .y, or of tensors",
      examples: [.init("map(b -> len(b), batches(arange(5), 2))", "[2, 2, 1]")],
      seeAlso: ["shuffle", "split"]),
    differentiation: .differentiable
  ) { arguments, _ in
    let size = try arguments.integer(1)
    guard size > 0 else { throw arguments.mismatch(1, expected: "a whole number from 1") }
    switch arguments[0] {
    case .dataSet(let box): return try portions(of: box.content.train, size)
    case .split(let box): return try portions(of: box.content, size)
    case .record(let box):
      guard let x = try box.content["x"]?.asVariable(), let y = try box.content["y"]?.asVariable(),
        x.rank > 0, y.rank > 0
      else {
        throw arguments.mismatch(
          0, expected: "a data set, a part of one, a record {x, y} or a tensor")
      }
      guard x.shape[0] == y.shape[0] else {
        throw DataError.rowCounts(place: "batches", rows: x.shape[0], labels: y.shape[0])
      }
      return .items(
        try portions(x.shape[0], size) { rows in
          .fields([("x", try Self.rows(of: x, rows)), ("y", try Self.rows(of: y, rows))])
        })
    case .tensor, .list, .traced:
      guard let x = try arguments[0].asVariable(), x.rank > 0 else {
        throw arguments.mismatch(0, expected: "a tensor of one axis or more")
      }
      return .items(try portions(x.shape[0], size) { try Self.rows(of: x, $0) })
    default:
      throw arguments.mismatch(
        0, expected: "a data set, a part of one, a record {x, y} or a tensor")
    }
  }

  private static func rows(of x: Variable, _ rows: Range<Int>) throws -> Value {
    Value(
      try .subscripted(x, [.slice(start: rows.lowerBound, stop: rows.upperBound, step: 1)]))
  }

  private static func portions(of split: Split, _ size: Int) throws -> Value {
    .items(try portions(split.count, size) { .split(Box(try split.rows($0))) })
  }

  /// What a function gives for each portion of so many rows.
  private static func portions(
    _ count: Int, _ size: Int, _ portion: (Range<Int>) throws -> Value
  ) throws -> [Value] {
    let size = Swift.min(size, Swift.max(1, count))
    return try interruptibleList(count: (count + size - 1) / size) { number in
      if number & 0xFF == 0 { try Interrupt.check() }
      return try portion(number * size..<Swift.min(count, (number + 1) * size))
    }
  }
}

extension Arguments {
  /// A seed of NumPy's legacy generator.
  func legacySeed(_ index: Int) throws -> UInt32 {
    guard let seed = UInt32(exactly: try number(index)) else {
      throw mismatch(index, expected: "a whole number from 0 to 4294967295")
    }
    return seed
  }
}
