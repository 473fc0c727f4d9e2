import Language
import Tensors

/// What depends on the order of elements, and counts.
extension Builtin {
  static let orderGroup: [Builtin] = [sort, argsort, unique, bincount]

  private static let axis = Parameter(
    "axis", .integer, default: .number(-1), "the axis to sort along")
  private static let descending = Parameter(
    "descending", .bool, default: .bool(false), "the largest first")

  static let sort = Builtin(
    Declaration(
      "sort", group: .reduce, "in ascending order",
      details: """
        A list of numbers or strings gives a list. NaN comes last in either order. With a key, the \
        elements of any sequence are put in the order of what that function gives for each, a \
        number or a string; equal ones keep their order. Of a table the rows, by one column or \
        several.
        """,
      parameters: [
        Parameter("x", .any, "a tensor, a list or a table"), axis, descending,
        Parameter("key", .any, default: .some(.none), "a function that gives what to order by"),
        Parameter("by", .any, default: .some(.none), "of a table: a column's name, or several"),
      ],
      result: "a tensor of x's shape, a list, or a table",
      examples: [
        .init("sort([3, 1, 2])", "3 tensor f32\n  1  2  3"),
        .init("sort([\"bb\", \"a\"], key=len)", "[\"a\", \"bb\"]"),
      ],
      seeAlso: ["argsort", "unique"]),
    differentiation: .differentiable
  ) { arguments, interpreter in
    let isDescending = try arguments.bool(2)
    if case .table(let box) = arguments[0] {
      return .table(Box(try sorted(box.content, isDescending, arguments, interpreter)))
    }
    if arguments.isGiven(4) { throw arguments.mismatch(0, expected: "a table, where by is given") }
    if arguments.isGiven(3) {
      return .items(
        try sorted(arguments.sequence(0), by: arguments[3], isDescending, arguments, interpreter))
    }
    if case .list(let box) = arguments[0] {
      return .items(try sorted(box.content, descending: isDescending, arguments))
    }
    _ = try arguments.vector(0)
    return Value(
      try .sorted(
        arguments.variable(0), axis: arguments.integer(1), isDescending: isDescending))
  }

  /// The rows of a table in order.
  private static func sorted(
    _ table: DataTable, _ isDescending: Bool, _ arguments: borrowing Arguments,
    _ interpreter: any Interpreter
  ) throws -> DataTable {
    if arguments.isGiven(3) {
      let rows = try arguments.sequence(0)
      return try table.rows(
        order(of: rows, by: arguments[3], isDescending, arguments, interpreter))
    }
    guard arguments.isGiven(4) else {
      throw RuntimeError.missingArgument(
        function: "sort", parameter: "by", usage: "sort(t, by=\"age\")")
    }
    return try table.sorted(by: arguments.columnNames(4), descending: isDescending)
  }

  private static func sorted(
    _ values: [Value], descending: Bool, _ arguments: borrowing Arguments
  ) throws -> [Value] {
    let strings = values.compactMap { if case .string(let box) = $0 { box } else { nil } }
    if strings.count == values.count {
      return TextOrder.places(of: strings, descending: descending).map { .string(strings[$0]) }
    }
    // What is being differentiated is put in order by its number and stays what it is.
    let numbers = values.compactMap { value -> (number: Double, value: Value)? in
      switch value {
      case .number(let number): (number, value)
      case .traced(let box): box.content.tensor.item.map { ($0, value) }
      default: nil
      }
    }
    guard numbers.count == values.count else {
      throw arguments.mismatch(0, expected: "a tensor, or a list of numbers or of strings")
    }
    let ordered = numbers.sorted { left, right in
      let (left, right) = (left.number, right.number)
      if left.isNaN || right.isNaN { return !left.isNaN && right.isNaN }
      return descending ? left > right : left < right
    }
    return ordered.map(\.value)
  }

  private static func sorted(
    _ values: [Value], by key: Value, _ descending: Bool, _ arguments: borrowing Arguments,
    _ interpreter: any Interpreter
  ) throws -> [Value] {
    try order(of: values, by: key, descending, arguments, interpreter).map { values[$0] }
  }

  /// The places of values in the order of what a function gives for each.
  private static func order(
    of values: [Value], by key: Value, _ descending: Bool, _ arguments: borrowing Arguments,
    _ interpreter: any Interpreter
  ) throws -> [Int] {
    guard key.isComposable else { throw arguments.mismatch(3, expected: "a function") }
    let keys = try interruptibleList(count: values.count) {
      try interpreter.call(key, element: values[$0])
    }
    let name = arguments.declaration.name
    return try order(of: keys, descending) { kind in
      RuntimeError.other(
        "\(name): key must give numbers, or strings, for all elements, and gave \(kind)", hint: nil)
    }
  }

  /// The places of numbers or strings in ascending or descending order; equal ones keep theirs.
  static func order(
    of keys: [Value], _ descending: Bool, _ refusal: (String) -> RuntimeError
  ) throws -> [Int] {
    let strings = keys.compactMap { if case .string(let box) = $0 { box } else { nil } }
    if strings.count == keys.count, !keys.isEmpty {
      return TextOrder.places(of: strings, descending: descending)
    }
    let numbers = keys.compactMap { $0.asNumber() }
    guard numbers.count == keys.count else {
      let other = keys.first { $0.asNumber() == nil }
      throw refusal(other?.kindPhrase ?? "something else")
    }
    let numbered = numbers.enumerated().map { (number: $1, place: $0) }
    if !numbers.contains(where: \.isNaN) {
      if let places = order(ofWhole: numbers, descending) { return places }
      // Sorting keeps the order of equal ones.
      let sorted = numbered.sorted {
        descending ? $0.number > $1.number : $0.number < $1.number
      }
      return sorted.map(\.place)
    }
    return numbered.sorted {
      let (left, right) = ($0.number, $1.number)
      if left < right { return !descending }
      if right < left { return descending }
      // Equal, or not numbers, which come last.
      if left == right || left.isNaN && right.isNaN { return $0.place < $1.place }
      return right.isNaN
    }.map(\.place)
  }

  /// The same of whole numbers that lie close together, as lengths and counts do: those of one
  /// number are put beside each other. Nil for others.
  private static func order(ofWhole numbers: [Double], _ descending: Bool) -> [Int]? {
    guard let least = numbers.min(), let greatest = numbers.max(),
      greatest - least <= Double(numbers.count), numbers.allSatisfy({ $0.rounded() == $0 })
    else { return nil }
    func rank(_ number: Double) -> Int { Int(descending ? greatest - number : number - least) }
    var starts = [Int](repeating: 0, count: Int(greatest - least) + 2)
    for number in numbers { starts[rank(number) + 1] += 1 }
    for next in 1..<starts.count { starts[next] += starts[next - 1] }
    var places = [Int](repeating: 0, count: numbers.count)
    for (place, number) in numbers.enumerated() {
      places[starts[rank(number)]] = place
      starts[rank(number)] += 1
    }
    return places
  }

  static let argsort = Builtin(
    Declaration(
      "argsort", group: .reduce, "the positions that put the elements in ascending order",
      details: """
        Equal elements keep their order. NaN comes last in either order. With a key, the positions \
        of the elements of any sequence in the order of what that function gives for each.
        """,
      parameters: [
        Parameter("x", .any, "a tensor of one axis or more, or a list of strings"), axis,
        descending,
        Parameter("key", .any, default: .some(.none), "a function that gives what to order by"),
      ],
      result: "a tensor of x's shape",
      examples: [
        .init("argsort([30, 10, 20])", "3 tensor f32\n  1  2  0"),
        .init("argsort([\"ccc\", \"a\", \"bb\"], key=len)", "3 tensor f32\n  1  2  0"),
      ],
      seeAlso: ["sort", "argmax"]),
    differentiation: .stepwise("its result is a position, which jumps from one to the next")
  ) { arguments, interpreter in
    let isDescending = try arguments.bool(2)
    var places: [Int]?
    if arguments.isGiven(3) {
      places = try order(
        of: arguments.sequence(0), by: arguments[3], isDescending, arguments, interpreter)
    } else if case .list(let box) = arguments[0], case .string? = box.content.first {
      places = try order(of: box.content, isDescending) { _ in
        arguments.mismatch(0, expected: "a tensor, or a list of strings alone")
      }
    }
    if let places {
      let type: ElementType = places.count > 1 << 24 ? .f64 : .f32
      return Value(try Tensor(doubles: places.map(Double.init), elementType: type))
    }
    return Value(
      try arguments.vector(0).argsorted(axis: arguments.integer(1), isDescending: isDescending))
  }

  static let unique = Builtin(
    Declaration(
      "unique", group: .reduce, "the different values, in ascending order",
      details: """
        With an axis the different parts along it, as rows for 0 and columns for 1; with counts=true \
        also how often each occurs.
        """,
      parameters: [
        Parameter("x", .any, "a tensor of any shape, or a list of strings"),
        Parameter(
          "axis", .integer, default: Parameter.Default.none,
          "0 for rows, 1 for columns; none for elements"),
        Parameter("counts", .bool, default: .bool(false), "whether to count them"),
      ],
      result: "a tensor of one dimension; with counts a list of two",
      examples: [
        .init("unique([3, 1, 3])", "2 tensor f32\n  1  3"),
        .init("unique([3, 1, 3], counts=true)", "[[1, 3], [1, 2]]"),
      ],
      seeAlso: ["sort", "bincount", "counts"]),
    differentiation: .refused("which values there are jumps")
  ) { arguments, _ in
    let isCounted = try arguments.bool(2)
    if case .list(let box) = arguments[0], case .string? = box.content.first {
      return try uniqueTexts(box.content, isCounted, arguments)
    }
    guard let x = try arguments[0].asTensor() else {
      throw arguments.mismatch(0, expected: "a tensor, or a list of strings")
    }
    guard let axis = try arguments.optionalInteger(1) else {
      let values = try x.unique()
      guard isCounted else { return Value(values) }
      return .items([Value(values), Value(try runLengths(of: x.flattened().sorted()))])
    }
    let place = try x.shape.normalized(axis: axis)
    var order = Array(0..<x.rank)
    order.swapAt(0, place)
    let (rows, counts) = try uniqueRows(of: x.transposed(order).contiguous())
    let chosen = [Index](repeating: .all, count: place)
    let values = try x.subscripted(
      chosen + [.gather(Tensor(doubles: rows, elementType: .f64))])
    if !isCounted { return Value(values) }
    return .items([Value(values), Value(try Tensor(doubles: counts, elementType: .f32))])
  }

  /// How often each number of a sorted vector occurs; every NaN is the same.
  private static func runLengths(of sorted: Tensor) throws -> Tensor {
    var (counts, last) = ([Double](), Double.nan)
    _ = try sorted.allBlocks { block in
      for number in block {
        if !counts.isEmpty, number == last || (number.isNaN && last.isNaN) {
          counts[counts.count - 1] += 1
        } else {
          counts.append(1)
          last = number
        }
      }
      return true
    }
    return try Tensor(doubles: counts, elementType: .f32)
  }

  /// The different strings of a list in their order, and how often each occurs.
  private static func uniqueTexts(
    _ values: [Value], _ isCounted: Bool, _ arguments: borrowing Arguments
  ) throws -> Value {
    var counts = Record()
    for (place, value) in values.enumerated() {
      if place & 0xFFF == 0 { try Interrupt.check() }
      guard case .string(let box) = value else {
        throw arguments.mismatch(0, expected: "a tensor, or a list of strings alone")
      }
      counts.add(1, to: box)
    }
    let order = TextOrder.places(of: counts.keys, descending: false)
    let list = Value.items(order.map { .string(counts.keys[$0]) })
    guard isCounted else { return list }
    let numbers = order.compactMap { counts.values[$0].asNumber() }
    return .items([list, Value(try Tensor(doubles: numbers, elementType: .f32))])
  }

  /// The places of the different rows, in ascending order of their elements, and their counts.
  private static func uniqueRows(of x: Tensor) throws -> (rows: [Double], counts: [Double]) {
    let width = x.shape[0] == 0 ? 0 : x.count / x.shape[0]
    // Rows without an element are all the same.
    if width == 0 { return x.shape[0] == 0 ? ([], []) : ([0], [Double(x.shape[0])]) }
    let numbers = try x.guardedDoubles()
    var counts: [[Double]: (row: Int, count: Int)] = [:]
    for row in 0..<x.shape[0] {
      if row & 0xFFF == 0 { try Interrupt.check() }
      counts[Array(numbers[row * width..<(row + 1) * width]), default: (row, 0)].count += 1
    }
    let ordered = counts.sorted { $0.key.lexicographicallyPrecedes($1.key) }.map(\.value)
    return (ordered.map { Double($0.row) }, ordered.map { Double($0.count) })
  }

  static let bincount = Builtin(
    Declaration(
      "bincount", group: .reduce, "how often each whole number from 0 on occurs",
      parameters: [
        Parameter("x", .tensor, "whole numbers from 0, of one dimension"),
        Parameter(
          "weights", .any, default: .computed("1 each"), "what each element adds to its count"),
        Parameter("minlength", .integer, default: .number(0), "the least number of counts"),
      ],
      result: "a tensor of max(x) + 1 counts",
      examples: [.init("bincount([0, 2, 2])", "3 tensor f32\n  1  0  2")],
      seeAlso: ["unique", "one_hot"]),
    differentiation: .stepwise("its result is a count, which jumps")
  ) { arguments, _ in
    let labels = try arguments.vector(0)
    let length = try arguments.size(2)
    let largest = labels.count == 0 ? 0 : try labels.reduce(.max).item ?? 0
    try MemoryGuard.check(
      elements: largest.isNaN ? Double(length) : Swift.max(Double(length), largest), bytesEach: 8)
    let counts = try labels.bincount(minimumLength: length)
    guard arguments.isGiven(1) else { return Value(counts) }
    guard let weights = try arguments[1].asTensor(), weights.shape == labels.shape else {
      throw arguments.mismatch(
        1, expected: "a vector as long as x (the least number of counts is minlength=)")
    }
    let empty = try Tensor.full(counts.shape, 0, weights.elementType == .f64 ? .f64 : .f32)
    return Value(try empty.accumulated(at: [.gather(labels)], adding: weights))
  }
}

extension Arguments {
  /// A tensor of one axis or more.
  func vector(_ index: Int) throws -> Tensor {
    guard let tensor = try self[index].asTensor(), tensor.rank > 0 else {
      throw mismatch(index, expected: "a tensor of one axis or more")
    }
    return tensor
  }
}
