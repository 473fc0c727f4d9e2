import Console
import Datasets
import Networks
import Tensors

/// What is looked for in the data.
extension Preflight {
  private static let lookedAt = 2000

  /// The first layer, where it takes codes rather than quantities.
  private var takesCodes: Bool { network.layers.first is Embedding }
  var arePictures: Bool { !train.imageDimensions.isEmpty }
  /// How many numbers a row of the inputs has.
  var width: Int { max(1, train.x.shape.dimensions.last ?? 1) }

  /// The class of each row to train on; nil where rows have none.
  func classes() throws -> [Int]? {
    if let labels = train.labels { return try labels.guardedDoubles().map { Int($0) } }
    guard task == .binary, train.y.count == train.count else { return nil }
    return try train.y.guardedDoubles().map { $0 > 0.5 ? 1 : 0 }
  }

  /// Whether the first layer brings any scale to one.
  private var beginsWithNormalization: Bool {
    let first = network.layers.first { !($0 is Flatten) }
    return first is BatchNormalization || first is LayerNormalization
  }

  /// Nil where all numbers are finite.
  func finiteness() throws -> Finding? {
    for (part, split) in [("train", train)] + held.map({ ($0.name, $0.split) }) {
      for (what, tensor) in [("inputs", split.x), ("targets", split.y)] {
        let bad = try tensor.guardedDoubles().count { !$0.isFinite }
        if bad > 0 {
          return Finding(
            what, .wrong, "\(bad) of the \(what) of \(part) \(bad == 1 ? "is" : "are") not finite",
            remedy: what == "inputs"
              ? "\(inputsName) = where(isfinite(\(inputsName)), \(inputsName), 0)"
              : "nonzero(isnan(\(partNames[0]).y))")
        }
      }
    }
    return nil
  }

  func range() throws -> Finding {
    let numbers = try rows(train, atMost: Self.lookedAt).x.guardedDoubles()
    let (least, greatest) = (numbers.min() ?? 0, numbers.max() ?? 0)
    let words = "from \(NumberForm.significant(least, 3)) to \(NumberForm.significant(greatest, 3))"
    if takesCodes { return Finding("inputs", .right, "codes \(words)") }
    let largest = max(abs(least), abs(greatest))
    if beginsWithNormalization {
      return Finding(
        "inputs", largest > 20 ? .remark : .right,
        "\(words); the first layer brings them to one scale")
    }
    if largest > 20 {
      let isGrey = least >= 0 && greatest <= 255 && greatest > 100
      return Finding(
        "inputs", .wrong, "\(words): weights and rates are made for numbers near 1",
        remedy: isGrey ? changingInputs { "\($0) / 255" } : standardizing)
    }
    if largest < 0.02, largest > 0 {
      return Finding(
        "inputs", .wrong, "\(words): so small that the network sees little of them",
        remedy: standardizing)
    }
    let spreads = try columnSpreads().filter { $0 > 0 }
    if !arePictures, let most = spreads.max(), let few = spreads.min(), most > 100 * few {
      return Finding(
        "inputs", .wrong,
        "\(words), but the columns' spreads lie between \(NumberForm.significant(few, 2)) and "
          + NumberForm.significant(most, 2) + ": the largest drowns the others",
        remedy: standardizing)
    }
    return Finding("inputs", .right, words)
  }

  /// Statements that change the inputs of all parts.
  private func changingInputs(_ change: (String) -> String) -> String {
    partNames.map { "\($0).x = \(change($0 + ".x"))" }.joined(separator: "; ")
  }

  /// All parts are brought to the scale of the rows to train on.
  private var standardizing: String {
    "m = mean(\(inputsName), axis=0); s = std(\(inputsName), axis=0) + 1e-8; "
      + changingInputs { "(\($0) - m) / s" }
  }

  /// How much the columns of the inputs vary, of some rows.
  func columnSpreads() throws -> [Double] {
    let sample = try rows(train, atMost: Self.lookedAt).x
    let width = max(1, sample.shape.dimensions.last ?? 1)
    let numbers = try sample.guardedDoubles()
    let count = Double(max(1, numbers.count / width))
    var (sums, squares) = (
      [Double](repeating: 0, count: width), [Double](repeating: 0, count: width)
    )
    for (place, number) in numbers.enumerated() {
      sums[place % width] += number
      squares[place % width] += number * number
    }
    return zip(sums, squares).map { sum, square in
      max(0, square / count - (sum / count) * (sum / count)).squareRoot()
    }
  }

  /// Columns that tell nothing; nil for pictures and codes, whose columns mean nothing by themselves.
  func columns() throws -> Finding? {
    guard !arePictures, !takesCodes, train.count > 1 else { return nil }
    let width = max(1, train.x.shape.dimensions.last ?? 1)
    let numbers = try train.x.guardedDoubles()
    var isConstant = [Bool](repeating: true, count: width)
    var hashes = [UInt64](repeating: 0x9E37, count: width)
    for (place, number) in numbers.enumerated() {
      let column = place % width
      if number != numbers[column] { isConstant[column] = false }
      hashes[column] = (hashes[column] ^ number.bitPattern) &* 0x94D0_49BB_1331_11EB
      hashes[column] ^= hashes[column] >> 31
    }
    if let constant = isConstant.firstIndex(of: true) {
      let count = isConstant.count { $0 }
      return Finding(
        "columns", .wrong,
        count == 1
          ? "column \(constant) is \(numbers[constant].displayed) in every row: it tells nothing"
          : "\(count) columns are the same in every row, the first is \(constant)",
        remedy: "keep = std(\(inputsName), axis=0) > 0; " + changingInputs { "\($0)[:, keep]" })
    }
    var seen: [UInt64: Int] = [:]
    for (column, hash) in hashes.enumerated() {
      if let first = seen[hash] {
        return Finding(
          "columns", .wrong, "columns \(first) and \(column) are the same",
          remedy: "keep = arange(\(width)) != \(column); " + changingInputs { "\($0)[:, keep]" })
      }
      seen[hash] = column
    }
    return Finding("columns", .right, "\(width), all different, none constant")
  }

  /// What the labels are and how they are spread; nothing where numbers are predicted.
  func labels() throws -> [Finding] {
    guard let labels = train.labels else { return [] }
    let classes = train.y.shape.dimensions.last ?? 0
    let numbers = try labels.guardedDoubles().map { Int($0) }
    var counts = [Int](repeating: 0, count: classes)
    for label in numbers where counts.indices.contains(label) { counts[label] += 1 }
    var found: [Finding] = []
    let missing = counts.indices.filter { counts[$0] == 0 }
    if missing == [0], classes > 2 {
      found.append(
        Finding(
          "labels", .wrong,
          "no row has label 0, and all from 1 to \(classes - 1) occur: they count from 1",
          remedy: "\(dataName) = dataset(\(inputsName), \(partNames[0]).labels - 1)"))
    } else if let strange = try strangeClass(counts) {
      found.append(
        Finding(
          "labels", .wrong, "class \(strange.name) occurs in \(strange.part) and not in train",
          remedy: "\(dataName) = split(\(dataName))"))
    } else if !missing.isEmpty {
      found.append(
        Finding(
          "labels", .remark,
          "no row has label \(missing.prefix(5).map(String.init).joined(separator: ", "))"))
    } else {
      found.append(Finding("labels", .right, "\(classes) classes, counted from 0"))
    }
    return found + [balance(counts.filter { $0 > 0 }), order(numbers, classes)]
  }

  /// A class that a held part has and train has not.
  private func strangeClass(_ counts: [Int]) throws -> (name: Int, part: String)? {
    for (name, split) in held {
      for label in try split.labels?.guardedDoubles() ?? [] {
        let label = Int(label)
        if counts.indices.contains(label), counts[label] == 0 { return (label, name) }
      }
    }
    return nil
  }

  private func balance(_ counts: [Int]) -> Finding {
    let (few, many) = (counts.min() ?? 1, counts.max() ?? 1)
    let share = NumberForm.percent(Double(many) / Double(max(1, counts.reduce(0, +))))
    if many > 10 * few {
      return Finding(
        "balance", .wrong,
        "the largest class has \(many) rows and the smallest \(few): always the same answer is "
          + "right for \(share)",
        remedy: "train \(netName) on \(dataName) weights=balanced")
    }
    return Finding(
      "balance", many > 3 * few ? .remark : .right, "\(few) to \(many) rows a class")
  }

  private func order(_ labels: [Int], _ classes: Int) -> Finding {
    let changes = zip(labels, labels.dropFirst()).count { $0 != $1 }
    if labels.count > 20, changes < 2 * classes, changes * 10 < labels.count {
      return Finding(
        "order", .remark,
        "the rows are sorted by class: train draws a new order each epoch, so "
          + "leave shuffle=true")
    }
    return Finding("order", .right, "the classes are mixed")
  }

  /// Rows of train that stand in other parts, too; nil where there are no others.
  func sharedRows() throws -> Finding? {
    guard !held.isEmpty else { return nil }
    let known = Set(try rowHashes(train))
    for (name, split) in held {
      let shared = try rowHashes(split).count(where: known.contains)
      guard shared > 0 else { continue }
      let isMuch = shared * 50 > split.count
      return Finding(
        "shared rows", isMuch ? .wrong : .remark,
        "\(shared) of \(split.count) rows of \(name) stand in train, too"
          + (isMuch ? ": its scores say little of new rows" : ""),
        remedy: isMuch
          ? "make the parts of rows that are all different, as unique(x, axis=0) gives them" : nil)
    }
    return Finding(
      "shared rows", .right, "none of \(held.map(\.name).joined(separator: " and ")) in train")
  }

  private func rowHashes(_ split: Split) throws -> [UInt64] {
    let width = max(1, split.x.count / max(1, split.count))
    let numbers = try split.x.guardedDoubles()
    return stride(from: 0, to: numbers.count, by: width).map { start in
      var hash: UInt64 = 0x9E37_79B9_7F4A_7C15
      for number in numbers[start..<min(numbers.count, start + width)] {
        hash = (hash ^ number.bitPattern) &* 0x94D0_49BB_1331_11EB
        hash ^= hash >> 31
      }
      return hash
    }
  }
}
