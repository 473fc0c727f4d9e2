import Datasets
import Networks
import Tensors

extension Value {
  /// `self[subscripts]`
  package func indexed(by subscripts: [SubscriptValue]) throws -> Value {
    switch self {
    case .tensor(let box):
      return Value(try box.content.subscripted(try subscripts.map { try $0.tensorIndex() }))
    case .traced(let box):
      return Value(try .subscripted(box.content, try subscripts.map { try $0.tensorIndex() }))
    case .number: throw RuntimeError.notIndexable(kind: kindName)
    case .record(let box): return try field(of: box, subscripts)
    case .table(let box): return try box.content.indexed(by: subscripts)
    default: break
    }
    guard let subscripted = subscripts.first, subscripts.count == 1 else {
      throw try subscripts.isEmpty || !isSequence
        ? RuntimeError.notIndexable(kind: kindName)
        : RuntimeError.other(
          "\(kindName.withArticle) takes one index, not \(subscripts.count)", hint: nil)
    }
    switch self {
    case .list(let box):
      let (positions, isSingle) = try subscripted.positions(in: box.content.count, of: kindName)
      return isSingle ? box.content[positions[0]] : .items(positions.map { box.content[$0] })
    case .string(let box):
      if let run = try subscripted.run(in: box.count) { return box.part(run) }
      if let steps = try subscripted.steps(in: box.count) { return box.characters(at: steps) }
      let (positions, isSingle) = try subscripted.positions(in: box.count, of: kindName)
      if isSingle { return box.character(at: positions[0]) }
      return box.characters(at: positions)
    case .range(let box):
      let range = box.content
      let (positions, isSingle) = try subscripted.positions(in: range.count, of: kindName)
      if isSingle { return .number(range[positions[0]]) }
      return try Value.literal(.values(positions.count), positions.map { .number(range[$0]) })
    case .network(let box):
      let (positions, _) = try subscripted.positions(
        in: box.content.network.layers.count, of: kindName)
      return .network(Box(box.content.part(positions)))
    case .split(let box):
      let (positions, isSingle) = try subscripted.positions(in: box.content.count, of: kindName)
      let isRun = zip(positions, positions.dropFirst()).allSatisfy { $1 == $0 + 1 }
      if let first = positions.first, let last = positions.last, isRun, !isSingle {
        return .split(Box(try box.content.rows(first..<last + 1)))
      }
      return .split(Box(try box.content.selecting(positions)))
    default: throw RuntimeError.notIndexable(kind: kindName)
    }
  }

  private var isSequence: Bool {
    switch self {
    case .list, .string, .range, .split, .network: true
    default: false
    }
  }

  private func field(of record: RecordBox, _ subscripts: [SubscriptValue]) throws -> Value {
    guard subscripts.count == 1, case .index(.string(let name))? = subscripts.first else {
      throw RuntimeError.other(
        "a record is indexed by a field's name, a string",
        hint: "write r.name, or r[\"name\"]; of a number, r[str(x)]")
    }
    guard let value = record[name] else {
      throw RuntimeError.unknownField(
        name.content, of: "the record", known: record.content.names)
    }
    return value
  }
}
