export * from './device-use.js';
