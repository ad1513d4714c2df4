/** Bytes that are no protobuf message, or not one of the expected kind. */
export class WireError extends Error {}
