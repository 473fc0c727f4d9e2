import Console
import Language
import Networks
import Plot
import Tensors

/// Turns the values of a `plot` command into curves.
struct ChartBuilder {
  let context: CommandContext
  let options: ChartOptions
  private var losses: [Chart.Curve] = []
  private var accuracies: [Chart.Curve] = []
  private(set) var others: [Chart.Curve] = []
  private var positions: ChartPositions?
  private var categories: [String] = []
  private var heat: HeatMap?
  /// The values of histograms.
  private var samples: [(name: String, numbers: NumberBlocks)] = []
  private let interval: Value?
  private var groups: PointGroups?

  init(_ context: CommandContext) throws {
    self.context = context
    options = try ChartOptions(context)
    interval = try context.value("interval")
    groups = try context.value("by").map { try PointGroups($0, context) }
    if let x = try context.value("X") {
      positions = try ChartPositions(x, context)
      categories = positions?.categories ?? []
      if options.kind == .hist || options.kind == .heat {
        throw RuntimeError.other(
          "plot: against goes with lines, points and bars, not with kind=\(options.kind.rawValue)",
          hint: nil)
      }
    }
    for input in context.command.all("values") {
      let value: Value
      switch input {
      case .word(let word, _): value = .text(word)
      case .thunk(let thunk): value = try thunk.evaluate()
      }
      try add(value, named: context.sourceText(input))
    }
  }

  /// Curves of values that no argument names.
  init(_ context: CommandContext, values: [(Value, String)]) throws {
    self.context = context
    options = ChartOptions()
    interval = nil
    for (value, name) in values { try add(value, named: name) }
  }

  // MARK: the chart

  func chart() throws -> Chart {
    var panels: [Chart.Panel] = []
    // A history's two measures have different scales.
    let isHistory = others.isEmpty && !losses.isEmpty && !accuracies.isEmpty
    if let heat {
      panels = [panel("", [], heat)]
    } else if isHistory {
      let names = try self.names(for: losses.count + accuracies.count)
      let own = losses.count
      panels = [
        panel("loss", renamed(losses, names?.prefix(own))),
        panel("accuracy", renamed(accuracies, names?.dropFirst(own))),
      ]
      for index in panels.indices where panels[index].xLabel.isEmpty {
        panels[index].xLabel = "epoch"
      }
    } else {
      let curves = losses + accuracies + others + (try histograms())
      panels = [panel("", renamed(curves, try names(for: curves.count)?[...]))]
    }
    guard panels.contains(where: { !$0.isEmpty }) else {
      throw RuntimeError.other(
        "there is nothing to plot: no finite number among the values", hint: nil)
    }
    return Chart(
      title: options.title, panels: panels.filter { !$0.isEmpty }, size: options.size)
  }

  private func panel(
    _ title: String, _ curves: [Chart.Curve], _ heat: HeatMap? = nil
  ) -> Chart.Panel {
    let xLabel =
      options.xLabel.isEmpty && curves.count > 0 ? positions?.name ?? "" : options.xLabel
    return Chart.Panel(
      title: title, xLabel: xLabel, yLabel: options.yLabel, curves: grouped(curves), x: options.x,
      y: options.y, categories: categories, heat: heat)
  }

  private func names(for count: Int) throws -> [String]? {
    guard let names = options.names else { return nil }
    guard names.count == count else {
      throw RuntimeError.other(
        "plot: names gives \(names.count) of the \(count) curves a name", hint: nil)
    }
    return names
  }

  private func renamed(_ curves: [Chart.Curve], _ names: ArraySlice<String>?) -> [Chart.Curve] {
    guard let names else { return curves }
    return zip(curves, names).map { Chart.Curve($1, x: $0.x, y: $0.y, style: $0.style) }
  }

  /// Bars of several curves stand side by side.
  private func grouped(_ curves: [Chart.Curve]) -> [Chart.Curve] {
    let count = Double(curves.count)
    guard curves.count > 1 else { return curves }
    return curves.enumerated().map { index, curve in
      guard case .bars(let width) = curve.style else { return curve }
      let shift = (Double(index) + 0.5) / count - 0.5
      return Chart.Curve(
        curve.name, x: curve.x.map { $0 + shift * width }, y: curve.y,
        style: .bars(width: width / count))
    }
  }

  // MARK: values

  private mutating func add(_ value: Value, named name: String) throws {
    if options.kind == .heat { return try addHeat(value, name) }
    if let groups { return try addPoints(value, name, groups) }
    if let interval {
      let samples = try FunctionSamples(value, name, over: interval, self)
      for curve in samples.curves { others.append(try styled(curve)) }
      return
    }
    switch value {
    case .record(let box): try addRecord(box.content)
    case .table(let box):
      // Columns of text have no curve.
      for (column, content) in zip(box.content.names, box.content.columns.values) {
        guard let numbers = try NumberBlocks(content) else { continue }
        try add(numbers, column)
      }
    case .schedule(let box):
      let epochs = min(max(1, box.content.length ?? 100), 10_000)
      let rates = try (0...epochs).map { Value.number(try box.content.rate(epoch: $0)) }
      guard let numbers = try NumberBlocks(.items(rates)) else { return }
      others.append(try Chart.Curve(box.content.description, thinning: numbers))
    case .network(let box): try add(box.content.network.history.record, named: name)
    case .function:
      throw RuntimeError.other(
        "\(name) is a function: plot needs the interval",
        hint: "write plot \(name) over 0...6")
    case .list(let box) where box.content.count <= 24 && Self.areCurves(box.content):
      let isShort = name.utf8.count <= 24
      for (index, curve) in box.content.enumerated() {
        try add(curve, named: isShort ? "\(name)[\(index)]" : "\(index)")
      }
    case .tensor(let box) where box.content.rank == 2: try addColumns(box.content, name)
    case .tensor(let box) where box.content.rank > 2:
      throw RuntimeError.other(
        "cannot plot a \(box.content.shape) tensor: curves have one dimension",
        hint: "show draws it as pictures")
    default:
      guard let numbers = try NumberBlocks(value) else {
        throw context.mismatch(
          "values", "numbers: a tensor, a list, a table or a record of them", value)
      }
      try add(numbers, name)
    }
  }

  /// Adds points by their class: rows of two numbers, or values against x.
  private mutating func addPoints(
    _ value: Value, _ name: String, _ groups: PointGroups
  ) throws {
    var (x, y): ([Double], [Double])
    if positions == nil, let tensor = try value.asTensor(), tensor.rank == 2,
      tensor.shape.dimensions[1] >= 2
    {
      x = try NumberBlocks(tensor.subscripted([.all, .at(0)])).all()
      y = try NumberBlocks(tensor.subscripted([.all, .at(1)])).all()
    } else {
      guard let positions, let numbers = try NumberBlocks(value) else {
        throw context.mismatch("values", "rows of two numbers, or values against X, for by=", value)
      }
      let curve = try positions.curve(name, numbers, whole: true, options, context)
      (x, y) = (curve.x, curve.y)
    }
    for curve in try groups.curves(name, x: x, y: y) {
      others.append(options.kind == .line ? try dots(curve) : try styled(curve))
    }
  }

  /// Whether a list holds vectors or lists of numbers, each of them a curve.
  private static func areCurves(_ values: [Value]) -> Bool {
    !values.isEmpty
      && values.allSatisfy { value in
        switch value {
        case .tensor(let box): box.content.rank == 1
        case .list(let box): box.content.allSatisfy { $0.asNumber() != nil }
        default: false
        }
      }
  }

  /// Adds one curve, in the kind that is asked for.
  private mutating func add(_ numbers: NumberBlocks, _ name: String) throws {
    if options.kind == .hist {
      samples.append((name, numbers))
      return try tellGaps(in: numbers, name)
    }
    try tellGaps(in: numbers, name)
    if let positions {
      others.append(try styled(positions.curve(name, numbers, options, context)))
    } else if options.kind == .line {
      others.append(try Chart.Curve(name, thinning: numbers, width: pictureWidth))
    } else {
      let y = try numbers.all()
      others.append(try styled(Chart.Curve(name, y: y)))
    }
  }

  /// As many dots as the picture is wide, and no fewer than a usual one.
  var pictureWidth: Int { max(Chart.Curve.stretches, options.size?.width ?? 0) }

  /// A curve as points or bars, where these are asked for.
  private func styled(_ curve: Chart.Curve) throws -> Chart.Curve {
    switch options.kind {
    case .line, .heat, .hist: return curve
    case .scatter: return try dots(curve)
    case .bar:
      let sorted = Set(curve.x.filter(\.isFinite)).sorted()
      let spacing = zip(sorted.dropFirst(), sorted).map { $0 - $1 }.min() ?? 1
      return Chart.Curve(
        curve.name, x: curve.x, y: curve.y, style: .bars(width: 0.8 * spacing))
    }
  }

  private func dots(_ curve: Chart.Curve) throws -> Chart.Curve {
    try Chart.Curve(
      dots: curve.name, x: curve.x, y: curve.y,
      thinnedTo: (pictureWidth, max(768, options.size?.height ?? 0)), options.x, options.y)
  }

  private mutating func addRecord(_ record: Record) throws {
    if options.kind == .bar, let heights = Self.numbers(in: record) {
      categories = record.names
      others.append(try styled(Chart.Curve("", y: heights)))
      return
    }
    for (field, content) in zip(record.names, record.values) {
      guard let numbers = try NumberBlocks(content) else {
        throw RuntimeError.other(
          "cannot plot the field \(field), a \(content.kindName)",
          hint: "its fields must be lists of numbers or tensors of one dimension")
      }
      if options.kind != .line || positions != nil {
        try add(numbers, field)
      } else {
        try addMeasure(field, numbers)
      }
    }
  }

  /// The numbers of a record that holds nothing else.
  private static func numbers(in record: Record) -> [Double]? {
    let numbers = record.values.compactMap { value -> Double? in
      if case .number(let number) = value { number } else { nil }
    }
    return numbers.count == record.names.count && !numbers.isEmpty ? numbers : nil
  }

  private mutating func addMeasure(_ name: String, _ numbers: NumberBlocks) throws {
    // Measures taken every few epochs have gaps; a line joins what there is.
    let curve = try Chart.Curve(name, first: 1, isJoined: true, thinning: numbers)
    guard !curve.y.isEmpty else { return }
    if name.hasSuffix("loss") {
      losses.append(curve)
    } else if name.hasSuffix("accuracy") {
      accuracies.append(curve)
    } else {
      try tellGaps(in: numbers, name)
      others.append(try Chart.Curve(name, thinning: numbers))
    }
  }

  private mutating func addColumns(_ tensor: Tensor, _ name: String) throws {
    let columns = tensor.shape.dimensions[1]
    if columns == 1 || options.kind == .hist { return try add(NumberBlocks(tensor), name) }
    guard columns <= 24 else {
      throw RuntimeError.other(
        "cannot plot \(columns) curves at once, one a column of a \(tensor.shape) tensor",
        hint: "choose columns: plot \(name)[:, 0]; or look at it: show \(name)")
    }
    let isShort = name.utf8.count <= 24
    for column in 0..<columns {
      let numbers = try NumberBlocks(tensor.subscripted([.all, .at(column)]))
      try add(numbers, isShort ? "\(name)[:, \(column)]" : "column \(column)")
    }
  }

  private mutating func addHeat(_ value: Value, _ name: String) throws {
    guard let tensor = try value.asTensor(), tensor.rank == 2, tensor.count > 0 else {
      throw context.mismatch("values", "a matrix, for kind=heat", value)
    }
    guard heat == nil else {
      throw RuntimeError.other("plot: kind=heat draws one matrix at a time", hint: nil)
    }
    let numbers = try NumberBlocks(tensor)
    try tellGaps(in: numbers, name)
    heat = try HeatMap(
      numbers, rows: tensor.shape.dimensions[0], columns: tensor.shape.dimensions[1])
  }

  // MARK: histograms

  /// The samples as bars over bins that they share.
  private func histograms() throws -> [Chart.Curve] {
    guard !samples.isEmpty else { return [] }
    var (least, greatest, count) = (Double.infinity, -Double.infinity, 0)
    for sample in samples {
      var own = 0
      try sample.numbers.forEach { _, block in
        for value in block where value.isFinite {
          least = min(least, value)
          greatest = max(greatest, value)
          own += 1
        }
      }
      count = max(count, own)
    }
    guard count > 0 else { return [] }
    if let limits = options.x.limits { (least, greatest) = (limits.lowerBound, limits.upperBound) }
    if greatest <= least { (least, greatest) = (least - 0.5, greatest + 0.5) }
    // Sturges' rule counts too few bars where there are many values.
    let bins = options.bins ?? min(60, max(5, Int(Double(count).squareRoot())))
    let width = greatest / Double(bins) - least / Double(bins)
    return try samples.map { sample in
      let histogram = try Histogram(sample.numbers, in: least...greatest, bins: bins)
      let centers = (0..<bins).map { least + (Double($0) + 0.5) * width }
      return Chart.Curve(
        sample.name, x: centers, y: histogram.counts.map(Double.init), style: .bars(width: width))
    }
  }
}

extension History {
  /// The history as `net.history` gives it.
  var record: Value { .fields(Value.history(self)) }
}
