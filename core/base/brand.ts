// A nominal tag, so that "parsed", "verified" and "granted" are different types. Each brand is minted in one line of one file.
declare const brand: unique symbol;

export type Brand<T, Name extends string> = T & { readonly [brand]: Name };
