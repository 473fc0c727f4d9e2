import Syntax

extension Compiler {
  func compileWhile(_ condition: Expression, _ body: Block, _ span: Span) throws(Diagnostic) {
    let top = builder.position
    let exits = try jumps(where: condition, is: false, isChoice: false)
    observeTurn([], span: span)
    loops.append(Loop())
    try compileDiscarding(body)
    finishLoop(continuingAt: top, exits: exits, span)
  }

  func compileFor(
    _ names: [Name], _ sequence: Expression, _ body: Block, _ span: Span
  ) throws(Diagnostic) {
    try checkCount(names.count, "names", span)
    let state = builder.temporaries(5)
    let mark = builder.nextTemporary
    let source = try operand(sequence)
    builder.emit(
      Instruction(.forPrepare, b: source.bits, c: state.bits),
      at: Site(sequence.span, [sequence.span]))
    builder.release(to: mark)
    let top = builder.position
    var next: Instruction?
    if names.count > 1 {
      let first = builder.temporaries(names.count)
      builder.emit(
        Instruction(.forNextParts, extra: names.count, a: first.bits, b: state.bits),
        at: sequence.span)
      let words = names.map(\.text) + [builder.source.shortText(in: sequence.span)]
      let index = builder.tables.loopWords.adding(words)
      builder.emit(Instruction(.extended, b: UInt32(index)), at: sequence.span)
      observeTurn(names.map(\.text), of: state, first, span: span)
      for (offset, name) in names.enumerated() {
        store(.register(first.index + offset), inVariable: name.text, name.span, keeping: false)
      }
      builder.release(to: mark)
    } else if let name = names.first {
      next = try compileNext(name, state, at: sequence.span, of: span)
    }
    loops.append(Loop())
    try compileDiscarding(body)
    // A turn ends with the next element rather than a jump to where that is fetched.
    if let next {
      builder.emit(
        Instruction(.forAgain, a: next.a, b: next.b, c: UInt32(truncatingIfNeeded: top + 1)),
        at: sequence.span)
    }
    finishLoop(continuingAt: top, exits: [top], isClosed: next != nil, span)
    builder.emit(Instruction(.clear, a: state.bits), at: span)
  }

  /// - Returns: the instruction that fetches the next element.
  private func compileNext(
    _ name: Name, _ state: Operand, at span: Span, of loop: Span
  ) throws(Diagnostic) -> Instruction {
    let element: Operand
    var isStored = true
    switch resolve(name.text) {
    case .register(let index): element = .register(index)
    case .global(let slot):
      globals.noteDefinition(of: slot)
      element = .global(slot)
    case .cell, .capture, .fixed:
      element = builder.temporary()
      isStored = false
    }
    let next = Instruction(.forNext, a: element.bits, b: state.bits)
    builder.emit(next, at: span)
    observeTurn([name.text], of: state, element, span: loop)
    if !isStored {
      store(element, inVariable: name.text, span, keeping: false)
      builder.release(to: element.index)
    }
    return next
  }

  /// - Parameter isClosed: whether the last instruction goes back already.
  private func finishLoop(
    continuingAt top: Int, exits: [Int], isClosed: Bool = false, _ span: Span
  ) {
    if !isClosed {
      builder.emit(Instruction(.loop, c: UInt32(truncatingIfNeeded: top)), at: span)
    }
    guard let loop = loops.popLast() else { return }
    for jump in exits + loop.breaks { builder.land(jump) }
    for jump in loop.continues { builder.land(jump, at: top) }
  }

  func compileBreak(_ span: Span) throws(Diagnostic) {
    guard !loops.isEmpty else { throw problem("break stands outside a loop", span) }
    loops[loops.count - 1].breaks.append(jump(span))
  }

  func compileContinue(_ span: Span) throws(Diagnostic) {
    guard !loops.isEmpty else { throw problem("continue stands outside a loop", span) }
    let position = builder.position
    builder.emit(Instruction(.loop), at: span)
    loops[loops.count - 1].continues.append(position)
  }
}
