import Networks
import Tensors

/// Whether a person's function computes each row from that row alone, which ranks ask who are to
/// share a batch.
extension FunctionLayer {
  /// Found out by trial: rows must give together what they give in two parts. A function that is told
  /// of training may do something else then, and counts as one that mixes them.
  package func keepsRowsApart(_ input: [Int]) -> Bool {
    if takesTraining { return false }
    if let known = rowsApart[input] { return known }
    let answer = (try? areApart(input, seed: 2)) == true && (try? areApart(input, seed: 3)) == true
    rowsApart[input] = answer
    return answer
  }

  package func needsWholeBatch(for input: [Int]) -> Bool { !keepsRowsApart(input) }

  private func areApart(_ input: [Int], seed: UInt64) throws -> Bool {
    let parameters = parameterGroups.joined().map(\.tensor)
    let rows = try Self.rows(5, input, seed: seed)
    // The same random numbers for each call: whoever draws some for every row is found out.
    func outputs(_ part: Range<Int>) throws -> Tensor {
      try output(rows.rows(part), parameters, generator: RandomGenerator(seed: seed))
    }
    let parts = try Tensor.concatenate([outputs(0..<2), outputs(2..<5)], axis: 0)
    return Self.agree(parts, try outputs(0..<5))
  }
}
