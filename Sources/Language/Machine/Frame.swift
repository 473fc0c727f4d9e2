/// A function that is running.
struct Frame {
  /// Where it goes on when what it calls has ended.
  var pc: UnsafePointer<Instruction>
  /// Its first register.
  var base: UnsafeMutablePointer<Value>
  var constants: UnsafeMutablePointer<Value>
  /// Its code; nil only below all frames.
  var code: Unmanaged<Code>?
  /// The function, retained, if it uses captured cells.
  var function: Unmanaged<Function>?
  var registerCount: Int32
  /// The registers from here on hold intermediate values; none below all frames.
  var localCount: UInt32
  /// Where its cells begin in the machine's.
  var firstCell: Int32
  /// Where its value goes, in the operands of the frame that called it.
  var destination: UInt32

  /// The frame below all others.
  init(base: UnsafeMutablePointer<Value>, constants: UnsafeMutablePointer<Value>) {
    self.base = base
    self.constants = constants
    pc = UnsafePointer(UnsafeRawPointer(base).assumingMemoryBound(to: Instruction.self))
    code = nil
    function = nil
    registerCount = 0
    localCount = .max
    firstCell = 0
    destination = 0
  }

  @inline(__always)
  init(
    header: UnsafeMutablePointer<CodeHeader>, base: UnsafeMutablePointer<Value>,
    function: Unmanaged<Function>?, firstCell: Int, destination: UInt32
  ) {
    self.base = base
    pc = header.pointee.instructions
    constants = header.pointee.constants
    code = header.pointee.code
    self.function = function
    registerCount = header.pointee.registerCount
    localCount = UInt32(truncatingIfNeeded: header.pointee.localCount)
    self.firstCell = Int32(truncatingIfNeeded: firstCell)
    self.destination = destination
  }
}
