import CKernels

// SAFETY, for all that follows: callers give addresses of memory that holds what the operand says
// and lives until the call returns.

extension CPUBackend {
  package func attend(
    _ attention: AttentionPlan.Key, _ operands: AttentionPlan.Operands
  ) throws(TensorError) {
    let work = 2 * Double(attention.weightCount) * Double(attention.width)
    try Profile.measure("attention", work: work * (attention.isBackward ? 4 : 2)) {
      () throws(TensorError) in
      try Self.attentions.withPlan(
        attention, make: AttentionPlan.init
      ) { (plan) throws(TensorError) in try plan.execute(operands) }
    }
  }

  package func recur(
    _ recurrence: RecurrentPlan.Key, _ operands: RecurrentPlan.Operands
  ) throws(TensorError) {
    let states = Double(recurrence.rows * recurrence.steps * recurrence.hidden)
    try Profile.measure("recurrence", work: 2 * states * Double(recurrence.width)) {
      () throws(TensorError) in
      try Self.recurrences.withPlan(
        recurrence, make: RecurrentPlan.init
      ) { (plan) throws(TensorError) in try plan.execute(operands) }
    }
  }

  package func standardizeRows(
    of rows: FloatRows, gamma: Floats, beta: Floats, epsilon: Float, scales: Floats,
    means: Floats, into output: Floats
  ) {
    nnsh_standardize_rows(
      rows.pointer, rows.rows, rows.columns, gamma, beta, epsilon, scales, means, output)
  }

  package func standardizeRowsBack(
    _ gradient: FloatRows, of rows: Floats, scales: Floats, means: Floats, gamma: Floats,
    into back: Floats
  ) throws(TensorError) -> (gamma: [Double], beta: [Double]) {
    let columns = gradient.columns
    var both = [Double](repeating: 0, count: 2 * columns)
    try checkStatus(
      nnsh_standardize_rows_back(
        gradient.pointer, rows, scales, means, gradient.rows, columns, gamma, &both, back))
    return (Array(both[..<columns]), Array(both[columns...]))
  }

  package func standardizeGroups(
    _ groups: ChannelGroups, of x: Floats, gamma: Floats, beta: Floats, epsilon: Float,
    scratch: Floats, _ kept: ColumnStatistics, into output: Floats
  ) {
    var grouping = groups.grouping
    nnsh_standardize_groups(
      &grouping, x, gamma, beta, epsilon, scratch.doubles, kept.means, kept.scales, output)
  }

  package func standardizeGroupsBack(
    _ groups: ChannelGroups, _ gradient: Floats, of x: Floats, _ kept: ColumnStatistics,
    gamma: Floats, scratch: Floats
  ) -> (gamma: [Double], beta: [Double]) {
    var grouping = groups.grouping
    var both = [Double](repeating: 0, count: 2 * groups.channels)
    nnsh_standardize_groups_back(
      &grouping, x, kept.means, kept.scales, gamma, scratch.doubles, gradient, &both)
    return (Array(both[groups.channels...]), Array(both[..<groups.channels]))
  }
}

extension Floats {
  // SAFETY: of scratch, which a kernel alone reads and writes.
  fileprivate var doubles: UnsafeMutablePointer<Double> {
    UnsafeMutableRawPointer(self).assumingMemoryBound(to: Double.self)
  }
}
