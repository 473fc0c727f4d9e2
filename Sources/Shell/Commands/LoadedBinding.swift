import Console
import Datasets
import Files
import Language
import Library
import Networks
import Tensors

/// What `load` found, as a variable and a line about it.
struct LoadedBinding {
  let name: String
  private(set) var value = Value.none
  private(set) var summary = ""
  /// Where a network's training stands, if it has not come to its end.
  private(set) var place: String?
  /// What of a network was not saved with it.
  private(set) var omitted: String?
  /// What the loading has left out or decided.
  private(set) var remarks: [LoadRemark] = []

  init(_ loaded: Loaded, source: String, name given: String?, on machine: Machine) throws {
    name = given ?? Loader.bindingName(for: source)
    switch loaded {
    case .dataSet(var set):
      set.name = name
      value = .dataSet(Box(set))
      summary = set.summary
    case .file(let contents):
      try take(contents, on: machine)
    }
  }

  private mutating func take(_ contents: FileContents, on machine: Machine) throws {
    switch contents {
    case .tensor(let tensor, let remarks):
      take(Value(tensor), "\(tensor.shape) tensor \(tensor.elementType)", remarks)
    case .table(let columns, let remarks):
      let table = DataTable(columns)
      take(
        .table(Box(table)),
        "\(table.count)×\(columns.count) table  columns \(Self.shortened(table.names))", remarks)
    case .json(let json, let remarks):
      let value = try Value(json)
      take(value, Self.extent(value), remarks)
    case .tree(let tree, let remarks):
      let value = try Value(tree)
      take(value, Self.extent(value), remarks)
    case .record(let tensors, let remarks):
      takeRecord(tensors, remarks)
    case .text(let text):
      let box = TextBox(text)
      take(.string(box), "string of \(box.count) character\(box.count == 1 ? "" : "s")", [])
    case .model(let model):
      let (network, featuresMoved) = try NetworkFile.network(of: model, on: machine)
      let rank = model.graph.inputs.first?.dimensions?.count ?? 4
      take(network, featuresMoved ? [.featuresMoved(rank: rank)] : [])
    case .parameters(let tensors, let notes, let remarks):
      if let network = try NetworkFile.network(from: tensors, notes: notes, on: machine) {
        take(network, remarks)
        omitted = NetworkFile.omissions(in: notes)
        place = network.unfinished?.place
      } else if let whole = try SessionFile.value(from: tensors, notes: notes, on: machine) {
        take(whole, Self.extent(whole), remarks)
      } else {
        takeRecord(tensors, remarks)
      }
    }
  }

  private mutating func take(_ value: Value, _ extent: String, _ remarks: [LoadRemark]) {
    (self.value, self.remarks) = (value, remarks)
    summary = "\(name)  " + extent
  }

  private mutating func takeRecord(_ tensors: [NamedTensor], _ remarks: [LoadRemark]) {
    let extent = Self.shortened(tensors.map { "\($0.name) \($0.tensor.shape)" }, separator: " · ")
    take(.fields(tensors.map { ($0.name, Value($0.tensor)) }), extent, remarks)
  }

  private mutating func take(_ network: Network, _ remarks: [LoadRemark]) {
    take(
      .network(Box(NetworkValue(network))),
      "\(network.description)   \(network.parameterCount) parameters", remarks)
  }

  /// What a file in JSON holds, in a few words.
  private static func extent(_ value: Value) -> String {
    switch value {
    case .record(let box): "record  fields \(shortened(box.content.names))"
    case .list(let box): "list of \(box.content.count)"
    default: value.kindName
    }
  }

  /// All names where they are few and short, otherwise the first ones and the last.
  private static func shortened(_ names: [String], separator: String = ", ") -> String {
    let (few, longest) = (8, 24)
    let first = names.count <= few ? names[...] : names.prefix(3)
    var shown = first.map { $0.isEmpty ? "\"\"" : TextLayout.cut($0, to: longest) }
    if names.count > few, let last = names.last {
      shown += ["…", TextLayout.cut(last, to: longest)]
    }
    return shown.joined(separator: separator)
  }
}
