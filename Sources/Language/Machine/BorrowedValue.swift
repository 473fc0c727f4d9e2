/// What a place holds, looked at without counting a reference to it: the place keeps it, so nothing
/// may be written there meanwhile.
///
/// SAFETY of all below: a value begins with what its case holds, which for the cases here is one
/// reference.
extension UnsafePointer where Pointee == Value {
  @inline(__always)
  private func reference<Object: AnyObject>() -> Unmanaged<Object> {
    UnsafeRawPointer(self).load(as: Unmanaged<Object>.self)
  }

  /// The string here; nil where there is something else.
  @inline(__always)
  var borrowedText: Unmanaged<TextBox>? {
    if case .string = pointee { reference() } else { nil }
  }

  /// The list here; nil where there is something else.
  @inline(__always)
  var borrowedList: Unmanaged<ListBox>? {
    if case .list = pointee { reference() } else { nil }
  }

  /// The record here; nil where there is something else.
  @inline(__always)
  var borrowedRecord: Unmanaged<RecordBox>? {
    if case .record = pointee { reference() } else { nil }
  }

  /// The function here; nil where there is something else.
  @inline(__always)
  var borrowedFunction: Unmanaged<Function>? {
    if case .function = pointee { reference() } else { nil }
  }
}

extension UnsafeMutablePointer where Pointee == Value {
  @inline(__always)
  var borrowedText: Unmanaged<TextBox>? { UnsafePointer(self).borrowedText }
  @inline(__always)
  var borrowedList: Unmanaged<ListBox>? { UnsafePointer(self).borrowedList }
  @inline(__always)
  var borrowedRecord: Unmanaged<RecordBox>? { UnsafePointer(self).borrowedRecord }
  @inline(__always)
  var borrowedFunction: Unmanaged<Function>? { UnsafePointer(self).borrowedFunction }
}
