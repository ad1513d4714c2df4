import { atomicList, list, mapOf, message, wire } from '../schema-dsl/composites.ts';
import { string } from '../schema-dsl/scalars.ts';
import type { Infer, Typed } from '../schema-dsl/typed-schema.ts';
import { addWireFacts } from '../schema-dsl/wire-facts.ts';

/**
 * A list of texts that is a message of its own in protobuf (`ExtraValue`), because map values cannot be repeated there.
 * `group` is the part of the message's name that differs.
 */
export function extraValues(group: string, description: string): Typed<string[]> {
  const schema = list(description, string('A value.'));
  addWireFacts(schema, { message: `io.k8s.api.${group}.v1.ExtraValue` });
  return schema;
}

/** authentication/v1.UserInfo. */
export const userInfoSchema = message('io.k8s.api.authentication.v1.UserInfo', 'Who a user is.', {
  username: wire(1, string('Name that tells the user from all others.')),
  uid: wire(2, string('Tells apart users of the same name at different times.')),
  groups: wire(3, atomicList('Groups that the user is in.', string('Name of a group.'))),
  extra: wire(
    4,
    mapOf('What else the authenticator knows of the user.', extraValues('authentication', 'Values of one key.')),
  ),
});

export type UserInfo = Infer<typeof userInfoSchema>;
