export { type DeepAuthorizer, type DeepQuestion } from './admission/deep-authorizer.ts';
